import { has, hasChoice, text } from '../read.ts';
import type { Rule } from '../rule.ts';

/**
 * An extension has a value or extensions of its own, never both (ext-1), and outside another extension its url is absolute.
 * https://hl7.org/fhir/R4/extensibility.html#Extension
 */
export const extension: Rule = ({ element, type }) => {
  if (type !== 'Extension') return undefined;
  const isNested = element.path === 'Extension.extension';
  return (value, visit) => {
    if (has(value, 'extension') === hasChoice(value, 'value')) {
      visit.report('extension', 'ext-1: Must have either extensions or value[x], not both. Give the extension exactly one of them.');
    }
    const url = text(value, 'url');
    if (!isNested && url !== undefined && !url.includes(':')) {
      visit.report(
        'extension',
        `The url of an extension is absolute (https://…), '${url.slice(0, 60)}' is not; only parts of an extension have short urls.`,
        '.url',
      );
    }
  };
};
