import { parseReference } from '../../fhir/reference.ts';
import { object, text } from '../read.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../shown.ts';

/** Where the fullUrl of an entry is the address of a resource, it is that of the resource in it. https://hl7.org/fhir/R4/bundle.html#bundle-unique */
export const bundleEntry: Rule = ({ element }) => {
  if (element.path !== 'Bundle.entry') return undefined;
  return (value, visit) => {
    const parsed = parseReference(text(value, 'fullUrl') ?? '');
    const resource = object(value, 'resource');
    const [type, id] = [text(resource, 'resourceType'), text(resource, 'id')];
    if (parsed.kind !== 'absolute' || type === undefined || id === undefined || (parsed.type === type && parsed.id === id)) return;
    visit.report(
      'value',
      `The fullUrl ends in the id of the resource, ${shown(`${type}/${id}`)}; this one ends in ${shown(`${parsed.type}/${parsed.id}`)}.`,
      '.fullUrl',
    );
  };
};
