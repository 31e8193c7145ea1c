import { has, object, objects, text } from '../read.ts';
import type { Rule } from '../rule.ts';
import type { JsonObject, Visit } from '../visit.ts';

/**
 * Resources inside a resource: no further nesting (dom-2), referred to (dom-3), without a version (dom-4) or security labels
 * (dom-5) of their own, and each with an id of its own. https://hl7.org/fhir/R4/references.html#contained
 */
export const contained: Rule = ({ element, type }) => {
  if (type !== '' || !element.constraints?.some(({ key }) => key === 'dom-3')) return undefined;
  return (value, visit) => {
    if (!has(value, 'contained')) return;
    const seen = new Set<string>();
    for (const [index, resource] of objects(value, 'contained').entries()) {
      const at = `.contained[${index}]`;
      checkPlace(resource, at, visit);
      if (!visit.insideContained) checkId(text(resource, 'id'), seen, at, visit);
    }
  };
};

function checkPlace(resource: JsonObject, at: string, visit: Visit): void {
  if (visit.insideContained) visit.report('invariant', 'dom-2: a contained resource SHALL NOT contain resources; contain them all in the outermost.', at);
  const meta = object(resource, 'meta');
  if (has(meta, 'versionId') || has(meta, 'lastUpdated')) {
    visit.report('invariant', 'dom-4: a contained resource SHALL NOT have a meta.versionId or a meta.lastUpdated.', `${at}.meta`);
  }
  if (has(meta, 'security')) visit.report('invariant', 'dom-5: a contained resource SHALL NOT have a security label.', `${at}.meta.security`);
}

function checkId(id: string | undefined, seen: Set<string>, at: string, visit: Visit): void {
  if (id === undefined) {
    visit.report('required', 'A contained resource needs an id, by which the resource around it refers to it.', at);
    return;
  }
  if (seen.has(id)) visit.report('value', `Another contained resource has the id '${id}' too; give each its own.`, `${at}.id`);
  seen.add(id);
  if (!visit.container.named.has(`#${id}`) && !visit.container.outward.has(id)) {
    visit.report(
      'invariant',
      `dom-3: nothing in the resource refers to '#${id}', and it does not refer to the resource around it ('#'); refer to it or leave it out.`,
      at,
    );
  }
}
