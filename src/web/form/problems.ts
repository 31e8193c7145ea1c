/** What stands against sending the answers, at the question that it is about and in the reader's words. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../../fhir/outcome.ts';
import { checkResponse } from '../../questionnaire/check.ts';
import type { Plan } from '../../questionnaire/plan.ts';
import { isBlankRepeat } from './finish.ts';
import { hintsOf } from './hints.ts';
import type { Fault } from './posted.ts';
import type { Speech } from './speech.ts';
import type { FormState } from './state.ts';
import { everyNode, itemsOf, type Node } from './tree.ts';

export type Problems = ReadonlyMap<string, readonly string[]>;

/** Of what was typed and could not be read. */
export const problemsOfFaults = (faults: ReadonlyMap<string, readonly Fault[]>): Problems =>
  new Map([...faults].map(([key, list]) => [key, [...new Set(list.map(({ text }) => text))]]));

interface Checked {
  readonly plan: Plan;
  readonly nodes: readonly Node[];
  readonly state: FormState;
  readonly speech: Speech;
}

/** Of the answers as a whole, as if they were sent. */
export function problemsIn({ plan, nodes, state, speech }: Checked): Problems {
  const places = new Map<string, string>();
  const keeps = (node: Node): boolean => state.isEnabled(node.key) && !isBlankRepeat(node);
  const item = itemsOf(nodes, { keeps, empty: true, placed: (key, place) => void places.set(place, key) });
  const response: QuestionnaireResponse = { resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: plan.url, item };
  const byKey = new Map([...everyNode(nodes)].map((node) => [node.key, node]));
  const found = new Map<string, readonly string[]>();
  for (const issue of checkResponse(plan, response)) {
    const node = issue.severity === 'error' ? byKey.get(keyAt(issue.expression?.[0] ?? '', places)) : undefined;
    if (node === undefined || (found.get(node.key)?.length ?? 0) > 2) continue;
    const text = wordsFor(issue, node, speech);
    if (found.get(node.key)?.includes(text) !== true) found.set(node.key, [...(found.get(node.key) ?? []), text]);
  }
  return found;
}

/** The question at a place, or around it. */
function keyAt(place: string, places: ReadonlyMap<string, string>): string {
  for (let at = place; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const key = places.get(at);
    if (key !== undefined) return key.replace(/@[^/]*$/, '');
  }
  return '';
}

/** What is to be done about it; a rule of the questionnaire's own speaks for itself. */
function wordsFor({ code, text }: Issue, { item }: Node, speech: Speech): string {
  const { word } = speech;
  if (code === 'required') return word('answerThis');
  if (code === 'code-invalid') return word('chooseListed');
  if (code === 'value') return [word('notAccepted'), ...hintsOf(item, speech)].join(' ');
  return text.replace(/^The answer to '[^']*'(?: \([^)]*\))? /, '');
}
