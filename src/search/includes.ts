/** `_include` and `_revinclude`. https://hl7.org/fhir/R4/search.html#revinclude */
import { FhirError } from '../fhir/outcome.ts';
import { ALL, type Include, type Link } from './ast.ts';
import { knownParam, listed } from './condition.ts';
import { leadsToResources, linkTo } from './links.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';

export interface AskedInclude {
  readonly params: Params;
  /** The types that are searched. */
  readonly types: readonly string[];
  /** As the client wrote it: `_include:iterate`. */
  readonly name: string;
  readonly value: string;
}

/** `Type:parameter`, `Type:parameter:Target`, `Type:*` or `*`. Every combination becomes a link of its own. */
export function parseInclude(asked: AskedInclude): readonly Include[] {
  const [direction, modifier] = asked.name.split(':', 2);
  if (modifier !== undefined && modifier !== 'iterate') throw bad(asked, `it has no modifier '${modifier.slice(0, 64)}'; the only one is iterate.`);
  const iterate = modifier === 'iterate';
  const links = direction === '_include' ? outward(asked, iterate) : inward(asked, iterate);
  if (links.length === 0) throw bad(asked, `'${asked.value.slice(0, 200)}' links no ${listed(asked.types)} to anything that could be included.`);
  return links.map(({ link, from }) => Object.freeze({ link: Object.freeze(link), from, where: ALL, iterate }));
}

interface From {
  readonly link: Link;
  readonly from: string;
}

function bad(asked: AskedInclude, text: string): FhirError {
  return new FhirError('bad-parameter', `'${asked.name.slice(0, 64)}' cannot be used: ${text}`, { expression: `http.${asked.name.slice(0, 64)}` });
}

function outward(asked: AskedInclude, iterate: boolean): From[] {
  const { types, code, target } = partsOf(asked, asked.types);
  const searched = iterate ? types : types.filter((type) => asked.types.includes(type));
  if (searched.length === 0) throw bad(asked, `${listed(types)} is not searched here; to include from what was included, write _include:iterate.`);
  return searched.flatMap((from) =>
    paramsOf(asked, from, code).flatMap((param) => targetsOf(asked, param, target).map((type) => ({ from, link: linkTo(asked.params, param, type) }))),
  );
}

/** Without a target: the searched types that the parameter may point to; with `:iterate` all that it may point to. */
function inward(asked: AskedInclude, iterate: boolean): From[] {
  const { types, code, target } = partsOf(asked, asked.params.registry.resourceTypes);
  return types.flatMap((type) =>
    paramsOf(asked, type, code).flatMap((param) =>
      targetsOf(asked, param, target)
        .filter((from) => iterate || asked.types.includes(from))
        .map((from) => ({ from, link: { ...linkTo(asked.params, param, type), direction: 'in' as const } })),
    ),
  );
}

/** `*` for the type stands for `all`. */
function partsOf(
  asked: AskedInclude,
  all: readonly string[],
): { readonly types: readonly string[]; readonly code: string; readonly target: string | undefined } {
  const [type = '', code, target, ...more] = asked.value.split(':');
  if (type === '*' && code === undefined) return { types: all, code: '*', target };
  if (code === undefined || more.length > 0) throw bad(asked, 'it is written as Type:parameter, Type:parameter:Target, Type:* or *.');
  if (!asked.params.registry.isResourceType(type)) throw bad(asked, `'${type.slice(0, 64)}' is not a resource type of FHIR R4.`);
  return { types: [type], code, target };
}

function paramsOf(asked: AskedInclude, type: string, code: string): readonly Param[] {
  if (code === '*') return [...asked.params.of(type).values()].filter((param) => param.kind === 'reference' && leadsToResources(asked.params, param));
  const param = knownParam(asked.params, type, code);
  if (param.kind !== 'reference') throw bad(asked, `'${code}' of ${type} is a ${param.kind} parameter; only references lead to what could be included.`);
  if (!leadsToResources(asked.params, param)) throw bad(asked, `'${code}' of ${type} holds URLs that name no resource of this server.`);
  return [param];
}

function targetsOf(asked: AskedInclude, param: Param, target: string | undefined): readonly string[] {
  if (target === undefined) return param.targets;
  if (param.targets.includes(target)) return [target];
  throw bad(asked, `'${param.code}' of ${param.type} cannot point to '${target.slice(0, 64)}'; it may point to ${listed(param.targets)}.`);
}
