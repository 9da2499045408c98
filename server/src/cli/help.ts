export const HELP = `Bavlio: sales outreach that people and agents can run themselves.

Usage: npx bavlio <command> [options]     (also: npm start, npm run demo, npm test)

Server
  start [all|api|worker]   Run the server. all (the default) is API, worker and inbound mail in one process;
                           api and worker split them over processes on one database.
  demo [options]           Run a whole campaign in a sandbox, then keep serving.
      --csv PATH           Take the leads from this file instead of made-up ones. They never leave this machine.
      --fresh              Start over with an empty data folder.
      --exit               Stop at the end instead of serving.
      --json               Print one JSON object last.

Operator (work beside the running server and without it)
  doctor [--json]          Check everything an instance needs and say what to do.
  user create --email E --name N [--password P] [--mode sandbox|live] [--timezone Z]
  user reset --email E [--password P]
                           Without --password one is made up and printed once.
  key create --email E [--name N] [--scopes a,b] [--workspace ID]
                           Print a new API key, alone, on stdout.
  migrate                  Bring the database's schema up to date.
  backup --to FILE [--with-secrets]
  restore --from FILE      Into an empty database of the same schema version.
                           The passphrase of the secrets comes from BAVLIO_PASSPHRASE or the first line of stdin.

Development
  test [files]   test-crash   bench   generate [--check]   openapi [--stdout]
  help   version

Settings are environment variables: PORT, DATA_DIR, DATABASE_URL, BASE_URL and the others in docs/settings.md.
Exit codes: 0 done, 1 failed, 2 wrong use or wrong settings.
`
