import type { Rule } from '../rule.ts';
import { xhtmlFault } from '../xhtml.ts';

/** Narratives hold basic formatting only (txt-1) and some content (txt-2). https://hl7.org/fhir/R4/narrative.html */
export const xhtml: Rule = ({ type }) => {
  if (type !== 'xhtml') return undefined;
  return (value, visit) => {
    const fault = typeof value === 'string' ? xhtmlFault(value) : undefined;
    if (fault !== undefined)
      visit.report('invariant', fault.startsWith('txt-') ? `${fault}.` : `txt-1: the narrative SHALL contain only basic formatting: ${fault}.`);
  };
};
