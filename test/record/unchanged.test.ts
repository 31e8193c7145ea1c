import { describe, expect, test } from '@jest/globals';
import { parseResource, printJson } from '../../src/fhir/json.ts';
import { withStamp } from '../../src/record/stamp.ts';
import { changesNothing } from '../../src/record/unchanged.ts';
import type { Version } from '../../src/store/store.ts';

const UPDATED = '2026-11-01T08:00:00.000Z';

function stored(text: string): Version {
  const resource = withStamp(parseResource(text), '1', { versionId: '3', lastUpdated: UPDATED });
  return { type: resource.resourceType, id: '1', version: 3, updated: UPDATED, method: 'update', text: printJson(resource) };
}

const BEFORE = stored('{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"mg"},"meta":{"tag":[{"code":"a"}]}}');

describe('an update that changes nothing', () => {
  test.each([
    ['the same', '{"resourceType":"Observation","id":"1","status":"final","valueQuantity":{"value":1.50,"unit":"mg"},"meta":{"tag":[{"code":"a"}]}}'],
    [
      'other order, an old version in meta',
      '{"resourceType":"Observation","meta":{"versionId":"1","tag":[{"code":"a"}],"lastUpdated":"2020-01-01T00:00:00Z"},"valueQuantity":{"unit":"mg","value":1.50},"status":"final","id":"1"}',
    ],
  ])('%s', (_, text) => {
    expect(changesNothing(parseResource(text), BEFORE)).toBe(true);
  });

  test.each([
    ['another value', '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.60,"unit":"mg"},"meta":{"tag":[{"code":"a"}]}}'],
    ['less precision', '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.5,"unit":"mg"},"meta":{"tag":[{"code":"a"}]}}'],
    ['a tag gone', '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"mg"}}'],
    ['letters exchanged', '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"gm"},"meta":{"tag":[{"code":"a"}]}}'],
  ])('not: %s', (_, text) => {
    expect(changesNothing(parseResource(text), BEFORE)).toBe(false);
  });
});
