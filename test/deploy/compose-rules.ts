/** A service of a Compose file, as far as our rules look at it; the specification's schema says the rest. */
export type ComposeService = {
  readonly image?: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly network_mode?: string;
  readonly ports?: readonly (string | { readonly host_ip?: string })[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test?: unknown; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>> | readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
};
export type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
};

/** The one door that may be open to everybody: Webim calls it. */
const publicServices = new Set(['ingress', 'engine']);
const publicPort = '8080:8080';
/** Who has nothing to be asked: it ends by itself, or only writes. */
const withoutHealthCheck = new Set(['prepare', 'load']);

const namesSecret = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|HASH_KEY|HOOKS_URL)/;
const credentialsInUrl = /\/\/[^/\s]*:[^/\s]*@/;

/** What stands against our own rules (issue: nothing published but ingress, non-root, read-only, no secret in the file, known settings). [] is well. */
export const composeProblems = (file: ComposeFile, options: { readonly knownNames: ReadonlySet<string> }): string[] => {
  const problems: string[] = [];
  const declared = new Set(Object.keys(file.volumes ?? {}));
  for (const [name, service] of Object.entries(file.services)) {
    const tell = (what: string): void => void problems.push(`${name}: ${what}`);
    for (const port of service.ports ?? []) {
      if (publicServices.has(name) && port === publicPort) continue;
      const loopback = typeof port === 'string' ? /^(127\.0\.0\.1|\[::1\]):/.test(port) : port.host_ip === '127.0.0.1';
      if (!loopback) tell(`publishes ${JSON.stringify(port)} beyond loopback`);
    }
    if (service.network_mode === 'host') tell('uses the network of the host');
    if (!/^[1-9]\d*(:\d+)?$/.test(service.user ?? '')) tell('user is not a number other than root');
    if (service.read_only !== true) tell('its file system is not read-only');
    if (service.privileged === true) tell('is privileged');
    if (service.cap_drop?.join() !== 'ALL' || service.cap_add !== undefined) tell('keeps capabilities');
    if (!(service.security_opt ?? []).includes('no-new-privileges:true')) tell('may gain privileges');
    if (service.image === undefined || (service.build === undefined && !/:[^:/]*\d[^:/]*$/.test(service.image)))
      if (service.build === undefined) tell('its image is not pinned');
    if (!withoutHealthCheck.has(name) && service.build === undefined && service.healthcheck?.test === undefined)
      tell('has no health check');
    if (!withoutHealthCheck.has(name) && service.healthcheck?.disable === true) tell('switches its health check off');
    if (Array.isArray(service.depends_on)) tell('depends_on waits for no condition');
    else {
      for (const [other, { condition }] of Object.entries((service.depends_on ?? {}) as Record<string, { condition?: string }>)) {
        if (file.services[other] === undefined) tell(`depends on ${other}, which is not there`);
        if (condition === undefined || condition === 'service_started') tell(`does not wait until ${other} is healthy or has ended`);
        if (condition === 'service_healthy' && file.services[other]?.healthcheck?.disable === true)
          tell(`waits for ${other}, which tells no health`);
      }
    }
    for (const volume of service.volumes ?? []) {
      const source = volume.replace(/\$\{[^}]*\}/, './given').split(':')[0] ?? '';
      if (!/^[./]/.test(source) && !declared.has(source)) tell(`mounts ${source}, which is not declared`);
      if (source.includes('docker.sock')) tell('mounts the socket of the engine');
    }
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (namesSecret.test(variable) && !variable.endsWith('_FILE')) tell(`${variable} holds a secret; name a file`);
      if (credentialsInUrl.test(String(value))) tell(`${variable} has credentials in an address`);
      if (service.build !== undefined && !options.knownNames.has(variable)) tell(`${variable} is no setting that the services know`);
    }
  }
  return problems;
};
