/** `/metadata?mode=terminology`: which code systems are here and what an expansion can be asked for. https://hl7.org/fhir/R4/terminologycapabilities.html */
import type { TerminologyCapabilities } from 'fhir/r4';
import { grammarUrls } from '../../../terminology/grammar.ts';
import type { Call } from '../../call.ts';
import { EXPAND_PARAMETERS } from './value-set.ts';

/** Every CodeSystem that is defined, and what is known by form or kept in the store; versions as far as they are stated. */
export async function terminologyCapabilities({ request, services }: Call): Promise<TerminologyCapabilities> {
  const kept = await services.terminology.kept();
  const listed = [...services.registry.list('CodeSystem'), ...grammarUrls().map((url) => ({ url, version: '' })), ...kept];
  const byUrl = Map.groupBy(listed, ({ url }) => url);
  return {
    resourceType: 'TerminologyCapabilities',
    url: `${request.base}/metadata?mode=terminology`,
    name: 'ProBridgeTerminology',
    title: 'PRO Bridge: terminology',
    status: 'active',
    date: services.clock().toISOString(),
    description: 'The code systems that this server knows, and what an expansion can be asked for.',
    kind: 'instance',
    implementation: { description: 'PRO Bridge', url: request.base },
    codeSystem: [...byUrl].map(([uri, systems]) => ({ uri, ...versionsOf(systems.map(({ version }) => version)) })),
    expansion: {
      hierarchical: true,
      paging: true,
      incomplete: false,
      parameter: EXPAND_PARAMETERS.map((name) => ({ name })),
      textFilter: 'Each word begins a word of the code, its display or a designation.',
    },
    codeSearch: 'all',
    validateCode: { translations: true },
    translation: { needsMap: false },
  };
}

function versionsOf(versions: readonly string[]): { version?: { code: string }[] } {
  const stated = [...new Set(versions.filter((version) => version !== ''))];
  return stated.length === 0 ? {} : { version: stated.map((code) => ({ code })) };
}
