{{- define "engine.name" -}}
{{- if contains "dialog-engine" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-dialog-engine" (.Release.Name | trunc 26 | trimSuffix "-") }}{{ end }}
{{- end }}

{{/* Takes {root, service}. */}}
{{- define "engine.selector" -}}
app.kubernetes.io/name: dialog-engine
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "engine.labels" -}}
{{ include "engine.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* The brokers of logUrl, as KEDA wants them. */}}
{{- define "engine.brokers" -}}
{{ regexReplaceAll "^kafka:(//)?([^?/]*).*$" .Values.logUrl "${2}" }}
{{- end }}

{{/* The pod of a service. Takes {root, service, data}: data is the volume source of /data; none where the StatefulSet's claim gives it. */}}
{{- define "engine.pod" -}}
{{- $values := .root.Values }}
{{- $of := index $values .service }}
metadata:
  labels: {{- include "engine.labels" . | nindent 4 }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  # As long as a drain may take, and ingress's wait before it.
  terminationGracePeriodSeconds: 30
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "engine.selector" . | nindent 10 }}
  containers:
    - name: {{ .service }}
      image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      env:
        - { name: SERVICES, value: {{ .service }} }
        - { name: LOG_URL, value: {{ $values.logUrl | quote }} }
        - { name: EVENTS_URL_FILE, value: /run/secrets/engine/events-url }
        - { name: HASH_KEY_FILE, value: /run/secrets/engine/hash-key }
        {{- if $values.secrets.kafkaPassword }}
        - { name: KAFKA_PASSWORD_FILE, value: /run/secrets/engine/kafka-password }
        {{- end }}
        {{- if $values.secrets.kafkaCa }}
        - { name: KAFKA_CA_FILE, value: /run/secrets/engine/kafka-ca }
        {{- end }}
        - { name: ACCOUNTS_FILE, value: /config/accounts.yaml }
        - { name: PARTITIONS, value: {{ $values.partitions | quote }} }
        - { name: OPERATIONS_HOST, value: "0.0.0.0" }
        {{- if eq .service "ingress" }}
        - { name: BIND_HOST, value: "0.0.0.0" }
        {{- end }}
        - { name: LOG_OUTPUT, value: stdout }
        - { name: LOG_LEVEL, value: {{ $values.logLevel }} }
        {{- range $name, $value := $values.settings }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
      ports:
        - { name: operations, containerPort: 9090 }
        {{- if eq .service "ingress" }}
        - { name: http, containerPort: 8080 }
        {{- end }}
      {{- if eq .service "ingress" }}
      # The cluster's proxies send webhooks here for some seconds more: refused, Webim would give the chat to people, and an event of it would be lost.
      lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
      {{- end }}
      # A store that is away at the start is waited for: ten minutes, then the pod begins anew.
      startupProbe:
        httpGet: { path: /healthz, port: operations }
        periodSeconds: 2
        failureThreshold: 300
      livenessProbe:
        httpGet: { path: /healthz, port: operations }
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: operations }
        periodSeconds: 5
        timeoutSeconds: 3
      resources: {{- toYaml $of.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        - { name: config, mountPath: /config, readOnly: true }
        - { name: secrets, mountPath: /run/secrets/engine, readOnly: true }
        {{- if $values.secrets.accounts }}
        - { name: accounts, mountPath: /run/secrets/accounts, readOnly: true }
        {{- end }}
  volumes:
    {{- with .data }}
    - name: data
      {{- toYaml . | nindent 6 }}
    {{- end }}
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
    - name: config
      configMap: { name: {{ $values.accountsConfigMap }} }
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          - secret:
              name: {{ $values.secrets.hashKey.name }}
              items: [{ key: {{ $values.secrets.hashKey.key }}, path: hash-key }]
          - secret:
              name: {{ $values.secrets.eventsUrl.name }}
              items: [{ key: {{ $values.secrets.eventsUrl.key }}, path: events-url }]
          {{- with $values.secrets.kafkaPassword }}
          - secret:
              name: {{ .name }}
              items: [{ key: {{ .key }}, path: kafka-password }]
          {{- end }}
          {{- with $values.secrets.kafkaCa }}
          - secret:
              name: {{ .name }}
              items: [{ key: {{ .key }}, path: kafka-ca }]
          {{- end }}
    {{- with $values.secrets.accounts }}
    - name: accounts
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
{{- end }}
