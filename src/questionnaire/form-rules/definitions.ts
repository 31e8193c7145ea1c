/**
 * Definitions that an extraction builds its resources by: told while the form is written, since an answer cannot be extracted as long as
 * one is missing. A profile may still come, so that nothing is refused. https://hl7.org/fhir/uv/sdc/extraction.html#definition-extract
 */
import type { Issue } from '../../fhir/outcome.ts';
import { type Extended, partOf, placedExtensions } from '../extension.ts';
import { type Definitions, type Element, rootOf, type Where } from '../extract/elements.ts';
import { type Profile, profiledElement, readProfile, typeOfBase } from '../extract/profile.ts';
import type { Plan } from '../plan.ts';
import { doubtful } from './form-rule.ts';

export function knownDefinitions({ questionnaire, byLinkId }: Plan, definitions: Definitions): readonly Issue[] {
  const items = [...byLinkId.values()];
  const holders: readonly Held[] = [
    { holder: questionnaire, place: 'Questionnaire' },
    ...items.map(({ definition, place }) => ({ holder: definition, place })),
  ];
  const starts = new Map<string, Start | undefined>();
  const issues = holders.flatMap((held) => startFaults(held, starts, definitions));
  if (starts.size === 0) return issues;
  const named = [...holders.flatMap(valuesOf), ...items.flatMap(({ definition: { definition }, place }) => ({ definition, place: `${place}.definition` }))];
  return [...issues, ...named.flatMap((one) => pathFaults(one, starts, definitions))];
}

interface Held {
  readonly holder: Extended;
  readonly place: string;
}

interface Start {
  readonly where: Where;
  readonly profile: Profile | undefined;
}

function startFaults({ holder, place }: Held, starts: Map<string, Start | undefined>, definitions: Definitions): readonly Issue[] {
  return placedExtensions(holder, 'definitionExtract').flatMap(({ extension, index }): readonly Issue[] => {
    const named = partOf(extension, 'definition');
    const canonical = named?.valueCanonical ?? named?.valueUri ?? '';
    const start = startOf(canonical, definitions);
    starts.set(bare(canonical), start);
    if (start !== undefined) return [];
    return [doubtful(`${canonical} is not known here; as long as it is not stored, extractions will be refused.`, `${place}.extension[${index}]`)];
  });
}

const bare = (canonical: string): string => canonical.split('|')[0] ?? '';

function startOf(canonical: string, definitions: Definitions): Start | undefined {
  const profile = readProfile(canonical, definitions);
  const type = profile?.type ?? typeOfBase(canonical);
  const where = type === undefined ? undefined : rootOf(type, definitions);
  return where?.structure.kind === 'resource' ? { where, profile } : undefined;
}

interface Named {
  readonly definition: string | undefined;
  readonly place: string;
}

const valuesOf = ({ holder, place }: Held): Named[] =>
  placedExtensions(holder, 'definitionExtractValue').map(({ extension, index }) => ({
    definition: partOf(extension, 'definition')?.valueUri,
    place: `${place}.extension[${index}]`,
  }));

/** Of what belongs to a resource that is extracted; other definitions say what a question means, and nothing more. */
function pathFaults({ definition, place }: Named, starts: ReadonlyMap<string, Start | undefined>, definitions: Definitions): readonly Issue[] {
  const [url = '', id = ''] = definition?.split('#') ?? [];
  const start = starts.get(bare(url));
  const [type, ...path] = id.split('.');
  if (start === undefined || type !== start.where.path || path.length === 0) return [];
  let where: Where | undefined = start.where;
  for (const [at, segment] of path.entries()) {
    const profiled = start.profile?.elements.get(path.slice(0, at + 1).join('.'));
    const element: Element | undefined = where === undefined ? undefined : profiledElement(where, segment, profiled, definitions);
    if (element === undefined) {
      const text = `${[type, ...path.slice(0, at + 1)].join('.')} is no element of ${type}; as it stands, extractions will be refused.`;
      return [doubtful(text, place)];
    }
    where = element.below;
  }
  return [];
}
