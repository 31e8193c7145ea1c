/** Prefixes keep the linkIds of parts apart. https://hl7.org/fhir/uv/sdc/modular.html#modular */
import type { Extension, Questionnaire } from 'fhir/r4';
import { compileFhirPath } from '../../fhir/fhirpath.ts';
import { extensionsOf } from '../extension.ts';
import { linkIdsOf, withTexts } from './parts.ts';

const NAME = 'linkIdPrefix';

/** The prefix in force below a questionnaire or an item: that of its own variable, which may build on the one around it. */
export function prefixIn(holder: { readonly extension?: Extension[] | undefined }, around: string): string {
  const own = extensionsOf(holder, 'variable').find(({ valueExpression }) => valueExpression?.name === NAME)?.valueExpression?.expression;
  if (typeof own !== 'string') return around;
  const [value] = compileFhirPath(own)({}, { [NAME]: around });
  return typeof value === 'string' ? value : around;
}

/** The part with the prefix before its own linkIds and contained ids, wherever they are spoken of: enableWhen, references, expressions. */
export function prefixed(part: Questionnaire, prefix: string): Questionnaire {
  if (prefix === '') return part;
  const linkIds = new Set(linkIdsOf(part));
  const ids = new Set((part.contained ?? []).flatMap(({ id }) => id ?? []));
  const changed = withTexts(part, (text, key) => {
    if ((key === 'linkId' || key === 'question') && linkIds.has(text)) return `${prefix}${text}`;
    if (text.startsWith('#') && ids.has(text.slice(1))) return `#${prefix}${text.slice(1)}`;
    return key === 'expression' || key === 'valueString' ? inExpression(text, prefix, linkIds) : text;
  });
  return {
    ...changed,
    ...(changed.contained !== undefined && { contained: changed.contained.map((resource) => ({ ...resource, id: `${prefix}${resource.id}` })) }),
  };
}

/** `linkId = '1.1'`; one that is put together with %linkIdPrefix is right already. */
const inExpression = (text: string, prefix: string, linkIds: ReadonlySet<string>): string =>
  text.replace(/(\blinkId\s*=\s*)'([^'\\]{1,255})'/g, (whole, before: string, linkId: string) =>
    linkIds.has(linkId) ? `${before}'${prefix}${linkId}'` : whole,
  );
