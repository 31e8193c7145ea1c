/** The demo's command line. */
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** End after the job instead of staying up. */
  readonly exit: boolean;
  readonly help: boolean;
  /** Of the primary-care centre; 0: any free one. */
  readonly port: number;
  readonly hospitalPort: number;
}

/** The message is the sentence to print. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

export const DEMO_HELP = `npm run demo -- [options]

Starts a tertiary hospital and a primary-care centre on this machine and tells the main job as one story, every step
checked. Then both stay up until Ctrl-C. What they stored is in a temporary folder that is removed at the end.

  --exit               end after the story; exit status 0 only if every check held
  --port <n>           port of the centre (8080; any free one where it is taken)
  --hospital-port <n>  port of the hospital (8090; any free one where it is taken)
  --help               this text
`;

const KNOWN = {
  exit: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  port: { type: 'string', default: '8080' },
  'hospital-port': { type: 'string', default: '8090' },
} as const;

/** Throws OptionError. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values, positionals, tokens } = parseArgs({ args: [...args], options: KNOWN, strict: false, allowPositionals: true, tokens: true });
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(KNOWN, token.name));
  const stray = unknown?.kind === 'option' ? unknown.rawName : positionals[0];
  if (stray !== undefined) throw new OptionError(`The demo does not know ${stray}; allowed: --exit, --port <n>, --hospital-port <n>, --help.`);
  return {
    exit: values.exit === true,
    help: values.help === true,
    port: readPort('--port', values.port),
    hospitalPort: readPort('--hospital-port', values['hospital-port']),
  };
}

function readPort(name: string, given: string | boolean | undefined): number {
  const port = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port <= 65_535)) throw new OptionError(`${name} is ${JSON.stringify(given === true ? '' : given)}; allowed: a whole number from 0 to 65535.`);
  return port;
}
