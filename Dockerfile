# One image for every service: the pages are built, the rest is TypeScript as it stands.
FROM node:24-bookworm-slim AS build
WORKDIR /engine
ENV TURBO_TELEMETRY_DISABLED=1
COPY . .
RUN npm ci && npx turbo run build && npm prune --omit=dev \
    # The image brings its own Node.
    && rm -rf node_modules/node node_modules/node-bin-* node_modules/.bin/node

FROM node:24-bookworm-slim
WORKDIR /engine
ENV NODE_ENV=production DATA_DIR=/data
COPY --from=build --chown=root:root /engine /engine
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080 8081 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/standalone/src/main.ts"]
