# One image for every service: the pages are built, the rest is TypeScript as it stands. Reproducible: the base is pinned, what npm installs is
# pinned by the lock file, and nothing else is fetched.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /engine
ENV TURBO_TELEMETRY_DISABLED=1
COPY . .
RUN npm ci --no-audit --no-fund && npx turbo run build && npm prune --omit=dev --no-audit --no-fund \
    # The image brings its own Node; tests have no business in it.
    && rm -rf node_modules/node node_modules/node-bin-* node_modules/.bin/node .turbo test \
      packages/test-kit node_modules/@dialog/test-kit packages/*/test packages/*/contract services/*/test \
    && find packages services -name node_modules -prune -o \( -name '*.test.ts' -o -name '*.test.tsx' \) -exec rm {} +

FROM node:24.21.0-bookworm-slim
WORKDIR /engine
ENV NODE_ENV=production DATA_DIR=/data
COPY --from=build --chown=root:root /engine /engine
# A new volume takes the owner of the folder that it covers.
RUN mkdir -m 0700 /data /secrets && chown node:node /data /secrets
USER 1000:1000
VOLUME /data
EXPOSE 8080 8081 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/standalone/src/main.ts"]
