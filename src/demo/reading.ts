/** What the story reads back over FHIR to see whether something is so. */
import type { CodeableConcept, DetectedIssue, Extension, Flag, Observation, Task } from 'fhir/r4';
import { codeSystem, extensionUrl, identifierSystem } from '../fhir/names.ts';
import type { Client } from './client.ts';
import { check } from './story.ts';

/** An alert with everything that belongs to it. */
export interface Alert {
  readonly flag: Flag;
  readonly issues: readonly DetectedIssue[];
  readonly task: Task;
  readonly symptom: string;
  readonly tier: string;
  /** raised, acknowledged, assessed, intervened, monitoring, closed */
  readonly state: string;
}

const DETAIL = 'http://hl7.org/fhir/StructureDefinition/flag-detail';

export const extensionOf = ({ extension }: { readonly extension?: readonly Extension[] | undefined }, name: string): string | boolean | undefined => {
  const found = extension?.find(({ url }) => url === extensionUrl(name));
  return found?.valueCode ?? found?.valueDateTime ?? found?.valueBoolean;
};

/** All alerts of a patient, open and closed, each with its reasons and its work item: an alert without them is a fault. */
async function alertsOf(client: Client, patient: string): Promise<readonly Alert[]> {
  const flags = await client.search<Flag>(`Flag?patient=${patient}`);
  return Promise.all(flags.filter(({ status }) => status !== 'entered-in-error').map((flag) => alertOf(client, flag)));
}

/** The one open alert of a patient about a symptom. */
export async function openAlert(client: Client, patient: string, symptom: string): Promise<Alert> {
  const alerts = (await alertsOf(client, patient)).filter((alert) => alert.symptom === symptom && alert.flag.status === 'active');
  const [alert] = alerts;
  check(alert !== undefined && alerts.length === 1, `${patient} has exactly one open alert about ${symptom}`, alerts.length);
  return alert;
}

export async function alertOf(client: Client, flag: Flag): Promise<Alert> {
  const reasons = (flag.extension ?? []).flatMap(({ url, valueReference }) => (url === DETAIL ? (valueReference?.reference ?? []) : []));
  const issues = await Promise.all(reasons.map((reason) => client.read<DetectedIssue>(reason)));
  const tasks = await client.search<Task>(`Task?focus=Flag/${flag.id}`);
  const [task] = tasks.filter((one) => codeOf(one.code, 'task') === 'respond-to-alert');
  check(issues.length > 0, `the alert Flag/${flag.id} says why it was raised (DetectedIssue)`);
  check(task !== undefined, `the alert Flag/${flag.id} has a work item (Task)`);
  return {
    flag,
    issues,
    task,
    symptom: codeOf(flag.code, 'symptom'),
    tier: String(extensionOf(flag, 'tier')),
    state: codeOf(task.businessStatus, 'alert-state'),
  };
}

/** The code in a system of ours, '' where there is none. */
export const codeOf = (concept: CodeableConcept | undefined, system: string): string =>
  concept?.coding?.find((coding) => coding.system === codeSystem(system))?.code ?? '';

/** The scores of a response, by score id. */
export async function scoresOf(client: Client, response: string): Promise<ReadonlyMap<string, Observation>> {
  const observations = await client.search<Observation>(`Observation?derived-from=QuestionnaireResponse/${response}&_count=100`);
  return new Map(observations.map((observation) => [scoreIdOf(observation, response), observation]));
}

function scoreIdOf({ identifier = [] }: Observation, response: string): string {
  const value = identifier.find(({ system }) => system === identifierSystem('score'))?.value ?? '';
  return value.slice(response.length + 1);
}

/** Work for people about a patient that is not an alert, by its kind. */
export async function tasksOf(client: Client, patient: string, kind: string): Promise<readonly Task[]> {
  return client.search<Task>(`Task?patient=${patient}&code=${codeSystem('task')}|${kind}`);
}

/** Minutes from `start` to `end`. */
export const minutesBetween = (start: string | undefined, end: string | undefined): number => (Date.parse(end ?? '') - Date.parse(start ?? '')) / 60_000;
