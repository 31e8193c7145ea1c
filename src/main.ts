/** The command line: `serve` runs one server until it is told to end, `demo` tells the main job; `--help` prints the settings. */
import { enableCompileCache } from 'node:module';
import { type Config, ConfigError, help, readConfig } from './config.ts';
import type { Clock } from './fhir/resource.ts';
import { createLog, type Log } from './log.ts';

const USAGE = `PRO Bridge: a FHIR R4 server for patient-reported outcomes

  npm start                run one server (FHIR at /fhir, pages at /, health at /health/live and /health/ready)
  npm start -- --help      print this
  npm run load -- FILE …   install FHIR packages and definitions; npm run load -- --help
  npm run load:loinc -- F  keep LOINC from its release's folder or Loinc.csv; load:snomed -- F: SNOMED CT from an RF2 release
  npm run demo             the main job told with two servers on this machine; npm run demo -- --help

`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[], command: string) => Promise<void>> = new Map([
  ['serve', serve],
  ['demo', demo],
  ['load', load],
  ['load:loinc', loadCodes],
  ['load:snomed', loadCodes],
]);

async function main([command = 'serve', ...others]: readonly string[]): Promise<void> {
  if (command !== 'demo' && !command.startsWith('load') && [command, ...others].some((word) => word === '--help' || word === '-h'))
    return print(USAGE + help());
  const run = COMMANDS.get(command);
  if (run === undefined) throw new ConfigError(`There is no command "${command}"; allowed: ${[...COMMANDS.keys()].join(', ')}, --help.`);
  await run(others, command);
}

/** Loaded only when it is told: a server does not need it. */
async function demo(args: readonly string[]): Promise<void> {
  const { runDemo } = await import('./demo/demo.ts');
  process.exit(await runDemo(args, print));
}

async function load(args: readonly string[]): Promise<void> {
  const { runLoad } = await import('./packages/command.ts');
  const open = async () => {
    const { openPackages } = await import('./app.ts');
    return openPackages(readConfig(), { log: createLog('warn'), clock: () => new Date() });
  };
  process.exitCode = await runLoad(args, { open, print });
}

/** Code systems that are too big to hold go into the database, while no server uses it. */
async function loadCodes(args: readonly string[], command: string): Promise<void> {
  const { runLoadCodes } = await import('./packages/codes-command.ts');
  const open = async () => {
    const { openPackages } = await import('./app.ts');
    return openPackages(readConfig(), { log: createLog('warn'), clock: () => new Date() });
  };
  await runLoadCodes(command, args, { open, print });
}

async function serve(): Promise<void> {
  const config = readConfig();
  // Code compiled once is kept for the next start, which then takes half as long.
  enableCompileCache();
  const { startApp } = await import('./app.ts');
  const log = createLog(config.logLevel);
  const app = await startApp(config, { log, clock: clockOf(config) });
  print(`PRO Bridge listens at ${app.origin} (FHIR at ${app.base}). Ctrl-C ends it.\n`);
  const end = once(() => finish(() => app.close(), log));
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (config.clock === 'parent') process.on('disconnect', end);
}

/** Status 0: everything that was acknowledged is stored, everything in flight was answered. */
async function finish(close: () => Promise<void>, log: Log): Promise<void> {
  try {
    await close();
  } catch (error) {
    log.error({ err: error }, 'closing failed');
    process.exitCode = 1;
  }
  log.flush();
  process.exit();
}

/** A second signal does not begin the ending again. */
function once(run: () => Promise<void>): () => void {
  let _begun: Promise<void> | undefined;
  return () => {
    _begun ??= run();
  };
}

/** Under CLOCK=parent the time goes on from what the parent process last said it is. */
function clockOf({ clock }: Config): Clock {
  if (clock === 'system') return () => new Date();
  let ahead = 0;
  process.on('message', (message) => {
    ahead = Date.parse(String((message as { clock?: unknown }).clock)) - Date.now(); // the parent is the one who set CLOCK
    process.send?.({ clock: new Date(Date.now() + ahead).toISOString() });
  });
  return () => new Date(Date.now() + ahead);
}

const print = (text: string): void => void process.stdout.write(text);

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
