/** `npm run demo`: the main job told as one story, with two servers of its own, every step checked. */
import { daysAgo } from './calendar.ts';
import { fetchForms } from './instruments.ts';
import { DEMO_HELP, type DemoOptions, OptionError, readOptions } from './options.ts';
import { PEOPLE } from './people.ts';
import { correction, education, late, overdueInjection, persistence, proxy, risingPain, saturday } from './scenes/around.ts';
import { badInput } from './scenes/bad-input.ts';
import { ending, type Totals } from './scenes/ending.ts';
import { beginning, nights } from './scenes/hospital.ts';
import { mainLine } from './scenes/main-line.ts';
import { weeks } from './scenes/weeks.ts';
import { createStaff } from './staff.ts';
import { CENTRE_NAME, createTheatre, HOSPITAL_NAME, type Stage, type Theatre } from './stage.ts';
import { CheckFailed, createStory, type Scene } from './story.ts';
import type { Tale } from './tale.ts';
import { invitation, requireCommands } from './trying.ts';

type Print = (text: string) => void;

/** Exit statuses. */
const GOOD = 0;
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

/** Resolves to the exit status. */
export async function runDemo(args: readonly string[], print: Print): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) print(DEMO_HELP);
    return options.help ? GOOD : await perform(options, print);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    print(`${error.message}\n`);
    return MISUSED;
  }
}

/** Whatever happens, both servers are stopped and their folders removed. */
async function perform(options: DemoOptions, print: Print): Promise<number> {
  const theatre = createTheatre();
  const house = { isOpen: true };
  const aloud: Print = (line) => house.isOpen && print(`${line}\n`);
  const interrupted = interruption();
  try {
    const told = tell(theatre, options, aloud);
    const status = await Promise.race([told, interrupted]);
    if (status !== GOOD || options.exit) return status;
    aloud('\nBoth servers stay up. Ctrl-C ends them and removes what they stored.');
    await interrupted;
    return GOOD;
  } finally {
    house.isOpen = false;
    await theatre.close();
    print('Both servers are stopped, their folders removed.\n');
  }
}

/** Resolves when somebody wants the demo to end, or nobody listens any more. A second wish does not disturb the ending. */
function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(INTERRUPTED));
    process.stdout.on('error', () => resolve(INTERRUPTED));
  });
}

async function tell(theatre: Theatre, options: DemoOptions, aloud: Print): Promise<number> {
  const began = Date.now();
  const story = createStory(aloud);
  const totals: Totals = { answers: 0, scores: 0, alerts: new Map(), pulled: 0 };
  try {
    const stage = await theatre.open(options);
    greet(stage, options, aloud);
    const now = new Date();
    for (const scene of await script(stage, now, totals)) {
      await stage.moveTo(scene.at);
      await story.step(scene);
    }
    await stage.moveTo(new Date());
    await requireCommands(stage.centre);
    sumUp(totals, { steps: story.done, seconds: (Date.now() - began) / 1000 }, aloud);
    if (!options.exit) aloud(invitation(stage.centre));
    return GOOD;
  } catch (error) {
    aloud(`\nThe story ends here. ${explain(error)}`);
    return FAILED;
  }
}

function greet({ centre, hospital }: Stage, { port, hospitalPort }: DemoOptions, aloud: Print): void {
  const moved = (origin: string, wanted: number): string => (wanted === 0 || origin.endsWith(`:${wanted}`) ? '' : ` (port ${wanted} is taken)`);
  aloud(`${HOSPITAL_NAME} is at ${hospital.origin}${moved(hospital.origin, hospitalPort)}`);
  aloud(`${CENTRE_NAME} is at ${centre.origin}${moved(centre.origin, port)}`);
  aloud('All people are invented. The clocks of both servers are set, so that ten weeks pass in seconds.\n');
}

/** Days from enrolment to the fever, and from the fever to now. */
const BEFORE_FEVER = 70;
const SINCE_FEVER = 5;

/** Every scene at its moment, in order of time. */
async function script(stage: Stage, now: Date, totals: Totals): Promise<readonly Scene[]> {
  const fever = daysAgo(now, SINCE_FEVER, '07:40');
  const start = daysAgo(fever, BEFORE_FEVER, '10:00');
  const tale: Tale = {
    stage,
    centre: stage.centre.client,
    staff: createStaff(stage.centre.origin),
    forms: await fetchForms(stage.centre.client),
    ledger: [],
  };
  const scenes = [
    ...beginning(tale, start, fever),
    ...weeks(tale, fever),
    ...nights(tale, fever),
    ...mainLine(tale, fever, daysAgo(fever, -3, '18:00')),
    ...saturday(tale, now),
    ...risingPain(tale, fever),
    ...education(tale, fever),
    ...persistence(tale, fever),
    ...proxy(tale, fever),
    ...late(tale, now),
    ...overdueInjection(tale, now),
    ...correction(tale, now),
    ...badInput(tale, now),
  ];
  return [...scenes.toSorted((a, b) => a.at.getTime() - b.at.getTime()), ...ending(tale, now, totals)];
}

/** In words for whoever watches: what was expected and what was found, no more. */
function explain(error: unknown): string {
  if (error instanceof CheckFailed) return `Expected: ${error.message}.`;
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
  return `What went wrong: ${message.trim()}${cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''}.`;
}

function sumUp({ answers, scores, alerts, pulled }: Totals, { steps, seconds }: { steps: number; seconds: number }, aloud: Print): void {
  const tiers = [...alerts].map(([tier, { open, closed }]) => `${open + closed} ${tier} (${open} open)`).join(', ');
  aloud(`\nAll ${steps} steps were checked and right, in ${seconds.toFixed(0)} seconds.`);
  aloud(`${PEOPLE.length} patients, ${answers} answers, ${scores} scores; alerts: ${tiers}; ${pulled} resources fetched from the hospital.`);
}
