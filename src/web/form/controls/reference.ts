/** A reference: one of a few that are known here, or what it is called or numbered. */

import { parseReference } from '../../../fhir/reference.ts';
import type { PlanItem } from '../../../questionnaire/plan.ts';
import { html } from '../../html.ts';
import { NOTHING, oneAnswer, typedIn } from '../posted.ts';
import type { LineControl } from './control.ts';
import { describes, objectIn } from './line.ts';

/** Resource types that the questionnaire allows. */
export const typesOf = ({ fixed }: PlanItem): readonly string[] => fixed.limits.referenceTypes;

export const reference: LineControl = {
  shape: 'line',
  isCompound: true,
  draw: (line) => {
    const { field, id, name } = line;
    const { view, item } = field;
    const { reference: chosen, display, identifier } = objectIn(line);
    const known = typesOf(item).flatMap((type) => view.referable.get(type) ?? []);
    const isKnown = known.some((one) => one.reference === chosen);
    const number = (identifier as { value?: string } | undefined)?.value;
    const typed = line.typed ?? (isKnown ? '' : String(chosen ?? number ?? display ?? ''));
    const list =
      known.length > 0 &&
      html`<select id="${id}" name="${name}" aria-labelledby="${field.labelledBy}"${describes(line)}><option value="">${view.speech.word('referenceNone')}</option>${known.map((one) => html`<option value="${one.reference}"${one.reference === chosen && html` selected`}>${one.display}</option>`)}</select>`;
    return html`${list}<label class="own" for="${id}+typed">${view.speech.word('reference')}<input type="text" id="${id}+typed" name="${name}+typed" value="${typed}"${describes(line)}></label>`;
  },
  read: (posted, { name, item }) => {
    const chosen = typedIn(posted, name);
    const typed = typedIn(posted, `${name}+typed`).slice(0, 500);
    if (typed === '') return chosen !== '' && isLocal(chosen, typesOf(item)) ? oneAnswer({ valueReference: { reference: chosen } }) : NOTHING;
    if (isLocal(typed, typesOf(item))) return oneAnswer({ valueReference: { reference: typed } });
    return oneAnswer({ valueReference: /\d/.test(typed) && !/\s/.test(typed) ? { identifier: { value: typed } } : { display: typed } });
  },
};

function isLocal(text: string, types: readonly string[]): boolean {
  const found = parseReference(text);
  return found.kind === 'relative' && (types.length === 0 || types.includes(found.type));
}
