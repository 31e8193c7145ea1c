import { parseReference } from '../../../fhir/reference.ts';
import { text } from '../../read.ts';
import { resolveReference } from '../../resolve.ts';
import { shown } from '../../shown.ts';
import { isObject, type JsonObject, nameOf, type Visit } from '../../visit.ts';
import type { ProfileRule, Tools } from '../tools.ts';

interface Aim {
  /** Base types and profiles. */
  readonly targets: readonly string[];
  readonly types: ReadonlySet<string>;
  readonly tools: Tools;
}

const ANY: readonly string[] = ['Resource', 'http://hl7.org/fhir/StructureDefinition/Resource'];

/**
 * A reference leads to what the profile leaves of the targets: by its type, and where the resource is at hand (contained, or in
 * the same Bundle) by its profile. Of a resource that the server would have to fetch the caller is asked.
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.targetProfile
 */
export const target: ProfileRule = ({ element, base, type, tools }) => {
  const said = element.types.find(({ code }) => code === type);
  const held = base?.types.find(({ code }) => code === type)?.targets ?? [];
  const targets = said?.targets ?? [];
  const aggregation = said?.aggregation ?? [];
  if (type !== 'Reference' || (aggregation.length === 0 && (targets.length === 0 || isAsBefore(targets, held)))) return undefined;
  const aim: Aim = { targets, types: new Set(targets.flatMap((one) => tools.sources.profiledType(one) ?? (one.includes(':') ? [] : [one]))), tools };
  return (value, visit) => {
    const written = text(value, 'reference') ?? '';
    if (aggregation.length > 0 && written !== '') checkAggregation(written, aggregation, visit);
    if (targets.length > 0) checkTarget(value, written, aim, visit);
  };
};

const isAsBefore = (targets: readonly string[], held: readonly string[]): boolean =>
  targets.some((one) => ANY.includes(one)) || (targets.length === held.length && targets.every((one) => held.includes(one)));

function checkTarget(value: unknown, written: string, aim: Aim, visit: Visit): void {
  const resource = written === '' ? undefined : resolveReference(written, visit);
  const parsed = parseReference(written);
  const named = 'type' in parsed && aim.tools.registry.isResourceType(parsed.type) ? parsed.type : text(value, 'type');
  const type = resource === undefined ? named : nameOf(resource.resourceType);
  if (type === undefined || aim.targets.some((one) => aim.types.size === 0 && one.includes(':'))) return;
  if (!aim.types.has(type)) {
    visit.report(
      'value',
      `A reference to ${type} is not allowed here; expected ${aim.targets.slice(0, 12).join(', ')}.`,
      written === '' ? '.type' : '.reference',
    );
    return;
  }
  if (resource !== undefined) checkResolved(resource, written, aim, visit);
  else if (parsed.kind === 'relative' && !visit.packed) askFor(parsed, aim, visit);
}

function checkResolved(resource: JsonObject, written: string, { targets, tools }: Aim, visit: Visit): void {
  const faults = targets.map((one) =>
    visit.attempt(() => visit.within(resource, written.startsWith('#') ? 'contained' : 'resource', () => tools.conformance.check(resource, one, visit))),
  );
  if (faults.includes(undefined)) return;
  const why = faults[0]?.text ?? '';
  visit.report('value', `${shown(written)} does not conform to ${targets.slice(0, 12).join(' or ')}: ${why}`, '.reference');
}

/** Only where every target of that type is a profile is there something to ask. */
function askFor(parsed: { readonly type: string; readonly id: string }, { targets, tools }: Aim, visit: Visit): void {
  const fitting = targets.filter((one) => (one.includes(':') ? tools.sources.profiledType(one) : one) === parsed.type);
  if (fitting.length === 0 || !fitting.every((one) => one.includes(':'))) return;
  visit.ask({ ask: 'conformance', type: parsed.type, id: parsed.id, profiles: fitting, expression: visit.at() });
}

/** https://hl7.org/fhir/R4/valueset-resource-aggregation-mode.html */
function checkAggregation(written: string, aggregation: readonly string[], visit: Visit): void {
  const mode = written.startsWith('#') ? 'contained' : isBundled(written, visit) ? 'bundled' : 'referenced';
  if (aggregation.includes(mode) || (mode === 'bundled' && aggregation.includes('referenced'))) return;
  visit.report('value', `${shown(written)} is ${mode}; allowed here: ${aggregation.join(', ')}.`, '.reference');
}

const isBundled = (written: string, visit: Visit): boolean => visit.bundle !== undefined && isObject(resolveReference(written, visit));
