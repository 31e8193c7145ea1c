/** `load`: installs packages, folders and files from the command line, into the data directory or over HTTP. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { OperationOutcome } from 'fhir/r4';
import { everythingAs } from '../access/permit.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import { LoadError, readPaths } from './disk.ts';
import type { Given, LoadOptions, Packages } from './packages.ts';

const LOAD_HELP = `npm run load -- [options] package.tgz | folder | file.json …

Installs FHIR packages (.tgz, or the folder of an unpacked one), and the definitions in folders and files: all that is named
together, or nothing. Without --to into the database that the settings name, while no server uses it; with --to into
a server that runs.

  --to <url>            FHIR base of a running server, as in http://127.0.0.1:8080/fhir
  --token-file <file>   file with the access token for it
  --missing <what>      refuse (default) or warn: where a package builds on one that is neither named nor installed
  --faulty <what>       refuse (default) or leave-out: where a definition is not right FHIR
  --help                this text
`;

interface LoadParts {
  /** The data directory, opened as no server runs on it. Throws where one does. */
  readonly open: () => Promise<{ readonly packages: Packages; close(): Promise<void> }>;
  readonly print: (text: string) => void;
}

/** The exit status: 0 where all is installed. */
export async function runLoad(args: readonly string[], { open, print }: LoadParts): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    print(LOAD_HELP);
    return 0;
  }
  const given = readPaths(options.paths);
  const issues = options.to === undefined ? await loadHere(given, options, open) : await send(given, { ...options, to: options.to });
  for (const { severity, text } of issues) print(`${severity}: ${text}\n`);
  return issues.some(({ severity }) => severity === 'error' || severity === 'fatal') ? 1 : 0;
}

interface Options extends LoadOptions {
  readonly paths: readonly string[];
  readonly to: string | undefined;
  readonly tokenFile: string | undefined;
  readonly help: boolean;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const { to, missing = 'refuse', faulty = 'refuse', help = false } = values;
  if (missing !== 'refuse' && missing !== 'warn') throw new LoadError(`--missing is "${missing}"; allowed: refuse, warn.`);
  if (faulty !== 'refuse' && faulty !== 'leave-out') throw new LoadError(`--faulty is "${faulty}"; allowed: refuse, leave-out.`);
  if (to !== undefined && !/^https?:$/.test(URL.parse(to)?.protocol ?? '')) throw new LoadError(`--to is "${to}"; http://127.0.0.1:8080/fhir would be one.`);
  if (positionals.length === 0 && !help) throw new LoadError(`Name what is to be installed.\n\n${LOAD_HELP}`);
  return { paths: positionals, to, tokenFile: values['token-file'], missing, faulty, help };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      to: { type: 'string' },
      'token-file': { type: 'string' },
      missing: { type: 'string' },
      faulty: { type: 'string' },
      help: { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new LoadError(`${error instanceof Error ? error.message : String(error)}\n\n${LOAD_HELP}`);
  }
}

async function loadHere(given: readonly Given[], options: LoadOptions, open: LoadParts['open']): Promise<readonly Issue[]> {
  const { packages, close } = await open().catch(inUse);
  try {
    return await packages.load(given, options, everythingAs('the command line'));
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  } finally {
    await close();
  }
}

function inUse(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  throw text.includes('in use by another process') ? new LoadError(`${text} Or load into the server that runs there, with --to and its FHIR base.`) : error;
}

async function send(given: readonly Given[], { to, tokenFile, missing, faulty }: Options & { readonly to: string }): Promise<readonly Issue[]> {
  const token = tokenFile === undefined ? {} : { Authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
  const [only] = given;
  const raw = given.length === 1 && only !== undefined && 'archive' in only ? only.archive : undefined;
  const response = await fetch(`${to.replace(/\/$/, '')}/$load-package?missing=${missing}&faulty=${faulty}`, {
    method: 'POST',
    redirect: 'error',
    headers: { 'Content-Type': raw === undefined ? 'application/fhir+json' : 'application/gzip', Accept: 'application/fhir+json', ...token },
    body: raw === undefined ? parametersFor(given) : new Blob([Buffer.from(raw)]),
  }).catch((error: unknown) => {
    throw new LoadError(`${to} does not answer: ${String((error as Error).cause ?? error)}.`);
  });
  return issuesIn(await response.text(), response.status);
}

function parametersFor(given: readonly Given[]): string {
  const parameter = given.flatMap((one): object[] => {
    if ('archive' in one) return [{ name: 'package', valueBase64Binary: Buffer.from(one.archive).toString('base64') }];
    if (one.files.some(({ path }) => path === 'package/package.json'))
      throw new LoadError('An unpacked package cannot be sent; pack it (npm pack), or load it while no server runs.');
    return one.files.map(({ text }) => ({ name: 'resource', resource: JSON.parse(text) as unknown }));
  });
  return JSON.stringify({ resourceType: 'Parameters', parameter });
}

function issuesIn(body: string, status: number): Issue[] {
  try {
    const { issue } = JSON.parse(body) as OperationOutcome; // looked at below
    return issue.map(({ severity, details, diagnostics }) => ({ severity, code: 'processing', text: details?.text ?? diagnostics ?? '' }));
  } catch {
    return [{ severity: 'error', code: 'processing', text: `The server answered ${status} and not with an OperationOutcome.` }];
  }
}
