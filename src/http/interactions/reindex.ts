/** `$reindex` and `$status`, operations of this project: SearchParameters put into force while the server runs. See docs/search.md. */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import { FhirError } from '../../fhir/outcome.ts';
import { typesOf } from '../../search/check-parameter.ts';
import { allStatuses, type ParameterStatus, statusOf } from '../../search/parameter-status.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { withParameters } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

/** Looks through what is stored again: everything, the types of one SearchParameter, or one type. Answers at once. */
export function reindex(call: Call): FhirResponse {
  const { query } = withParameters(call.request);
  refuseUnknown({ ...call.request, query }, ['url']);
  const types = typesToDo(call, query.getAll('url'));
  call.services.searchIndex.again(types);
  const status = new URL('SearchParameter/$status', `${call.request.base}/`).href;
  const parameters: Parameters = {
    resourceType: 'Parameters',
    parameter: [{ name: 'status', valueUrl: status }, ...types.map((type): ParametersParameter => ({ name: 'type', valueCode: type }))],
  };
  const answer = jsonAnswer(202, JSON.stringify(parameters));
  return { ...answer, headers: { ...answer.headers, 'Content-Location': status } };
}

function typesToDo({ named, services }: Call, urls: readonly string[]): readonly string[] {
  const { type } = named;
  if (type !== undefined && urls.length > 0) throw new FhirError('bad-parameter', 'url is for the whole server: POST it to [base]/$reindex.');
  if (type !== undefined) return [type];
  if (urls.length === 0) return services.registry.resourceTypes;
  const { registry } = services;
  return [...new Set(urls.flatMap((url) => typesOf(registry.resource('SearchParameter', url) ?? missing(url), registry)))];
}

function missing(url: string): never {
  throw new FhirError('not-found', `No SearchParameter ${url.slice(0, 200)} is known here. Post it first; it is then indexed without being asked.`);
}

export function parameterStatus(call: Call): FhirResponse {
  const { query } = withParameters(call.request);
  refuseUnknown({ ...call.request, query }, ['url']);
  const { params } = call.services;
  const urls = query.getAll('url');
  const statuses = urls.length === 0 ? allStatuses(params) : urls.map((url) => statusOf(params, url) ?? missing(url));
  const parameter = [...statuses.map(statusParameter), ...call.services.searchIndex.underWay().map((type) => ({ name: 'indexing', valueCode: type }))];
  return jsonAnswer(200, JSON.stringify({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) }));
}

const PERCENT = 100;

function statusParameter({ url, code, status, reason, types, progress }: ParameterStatus): ParametersParameter {
  return {
    name: 'searchParameter',
    part: [
      { name: 'url', valueUri: url },
      { name: 'code', valueCode: code },
      ...types.map((type): ParametersParameter => ({ name: 'base', valueCode: type })),
      { name: 'status', valueCode: status },
      ...(reason === undefined ? [] : [{ name: 'reason', valueString: reason }]),
      ...(progress === undefined
        ? []
        : [
            { name: 'done', valueInteger: progress.done },
            { name: 'total', valueInteger: progress.total },
            { name: 'progress', valueDecimal: progress.total === 0 ? 0 : Math.floor((PERCENT * progress.done) / progress.total) },
          ]),
    ],
  };
}
