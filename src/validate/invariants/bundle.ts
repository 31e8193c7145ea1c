/** https://hl7.org/fhir/R4/bundle.html#invs */
import { has, object, objects, text } from '../read.ts';
import { anyOf, type Invariant } from './invariant.ts';

const typeIn = (bundle: unknown, types: readonly string[]): boolean => types.includes(text(bundle, 'type') ?? '');

/** Every entry has the part if the Bundle is of one of these types, and none has it otherwise. */
const partByType =
  (name: string, types: readonly string[]): Invariant =>
  (bundle) => {
    const expected = typeIn(bundle, types);
    const wrong = objects(bundle, 'entry').findIndex((entry) => has(entry, name) !== expected);
    if (wrong < 0) return true;
    return { at: `.entry[${wrong}]`, because: `an entry of a ${text(bundle, 'type')} ${expected ? 'needs a' : 'has no'} ${name}` };
  };

/** `onlyFor('document', …)`: says nothing of other Bundles. */
const onlyFor =
  (type: string, holds: Invariant): Invariant =>
  (bundle, visit) =>
    text(bundle, 'type') !== type || holds(bundle, visit);

const startsWith =
  (type: string): Invariant =>
  (bundle) =>
    text(object(objects(bundle, 'entry')[0], 'resource'), 'resourceType') === type || { at: '.entry[0]' };

const fullUrlsDiffer: Invariant = (bundle) => {
  if (typeIn(bundle, ['history'])) return true;
  const seen = new Set<string>();
  for (const [index, entry] of objects(bundle, 'entry').entries()) {
    const url = text(entry, 'fullUrl');
    if (url === undefined) continue;
    const key = `${url} ${text(object(object(entry, 'resource'), 'meta'), 'versionId') ?? ''}`;
    if (seen.has(key)) return { at: `.entry[${index}].fullUrl`, because: 'an entry before has the same' };
    seen.add(key);
  }
  return true;
};

export const BUNDLE: Readonly<Record<string, Invariant>> = {
  'bdl-1': (bundle) => !has(bundle, 'total') || typeIn(bundle, ['searchset', 'history']),
  'bdl-2': (bundle) => typeIn(bundle, ['searchset']) || !objects(bundle, 'entry').some((entry) => has(entry, 'search')),
  'bdl-3': partByType('request', ['batch', 'transaction', 'history']),
  'bdl-4': partByType('response', ['batch-response', 'transaction-response', 'history']),
  'bdl-5': anyOf('resource', 'request', 'response'),
  'bdl-7': fullUrlsDiffer,
  'bdl-8': (entry) => !text(entry, 'fullUrl')?.includes('/_history/'),
  'bdl-9': onlyFor('document', (bundle) => ['system', 'value'].every((name) => has(object(bundle, 'identifier'), name))),
  'bdl-10': onlyFor('document', (bundle) => text(bundle, 'timestamp') !== undefined),
  'bdl-11': onlyFor('document', startsWith('Composition')),
  'bdl-12': onlyFor('message', startsWith('MessageHeader')),
};
