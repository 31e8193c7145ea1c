/** Of each resource type what the base requires: an element left out, a code of its own making. */
import type { ElementDefinition, Registry } from '../../../src/definitions/registry.ts';
import { sampleResource } from '../../support/resources.ts';
import type { Case } from './case.ts';

const nameOf = ({ path }: ElementDefinition): string => path.slice(path.lastIndexOf('.') + 1).replace('[x]', '');

const topElements = (registry: Registry, type: string): readonly ElementDefinition[] =>
  (registry.structure(type)?.elements ?? []).filter(({ path }) => path.split('.').length === 2);

export function missing(registry: Registry): readonly Case[] {
  return registry.resourceTypes.flatMap((type) => {
    const right = sampleResource(registry, type);
    return topElements(registry, type)
      .filter(({ min }) => min > 0)
      .map((element) => ({
        name: element.path,
        wrong: Object.fromEntries(Object.entries(right).filter(([key]) => !key.startsWith(nameOf(element)))),
        at: `${type}.${nameOf(element)}`,
        says: 'is required',
        right,
      }));
  });
}

/** Only elements of type code: their binding allows nothing else, and the sample has one of the codes. */
export function miscoded(registry: Registry): readonly Case[] {
  return registry.resourceTypes.flatMap((type) => {
    const right = sampleResource(registry, type);
    return topElements(registry, type)
      .filter(
        ({ types, binding, max, path }) => types[0]?.code === 'code' && binding?.strength === 'required' && max === 1 && path.split('.')[1] !== 'language',
      )
      .filter((element) => typeof right[nameOf(element)] === 'string')
      .map((element) => ({
        name: element.path,
        wrong: { ...right, [nameOf(element)]: 'nonsense' },
        at: element.path,
        says: "'nonsense' is not one of the codes",
        right,
      }));
  });
}
