/**
 * `_filter`: the whole grammar of R4, read into the same tree as any other parameter.
 *
 *     filter    = paramExp | filter ("and" | "or") filter | "not" "(" filter ")" | "(" filter ")"
 *     paramExp  = paramPath SP compareOp SP value
 *     paramPath = name (("[" filter "]")? "." paramPath)?
 *
 * `and` and `or` have one rank and are read from left to right; parentheses say otherwise. What stands in brackets is asked
 * of the resource that the reference before it leads to. https://hl7.org/fhir/R4/search_filter.html
 */
import { FhirError } from '../fhir/outcome.ts';
import { and, atom, not, or, type Test, type Tree } from './ast.ts';
import { bad, conditionTree, followed, HAS, knownParam, missingTree, type Reading, reversed, spend, spendScan, valueTree } from './condition.ts';
import { escapeValue } from './escape.ts';
import { type FilterNode, type PathPart, readFilter } from './filter-syntax.ts';
import { fold } from './fold.ts';
import type { Param } from './param.ts';

/** Throws FhirError `bad-parameter`, `unknown-parameter` or `too-costly`. */
export function filterTree(reading: Reading, type: string): Tree {
  return nodeTree(reading, readFilter(reading.value), { type, depth: 0 });
}

interface Place {
  readonly type: string;
  /** Links on the way. */
  readonly depth: number;
}

function nodeTree(reading: Reading, node: FilterNode, place: Place): Tree {
  switch (node.node) {
    case 'not':
      return not(nodeTree(reading, node.of, place));
    case 'and':
      return and(...node.of.map((part) => nodeTree(reading, part, place)));
    case 'or':
      return or(...node.of.map((part) => nodeTree(reading, part, place)));
    case 'compare':
      return pathTree(reading, node, { ...place, at: 0 });
  }
}

type Comparison = Extract<FilterNode, { node: 'compare' }>;

function pathTree(reading: Reading, node: Comparison, { type, depth, at }: Place & { readonly at: number }): Tree {
  const part = node.path[at];
  const next = node.path[at + 1];
  if (part?.name.startsWith(HAS)) return backTree(reading, node, { type, depth, at });
  if (part === undefined) throw bad(reading, 'A path of _filter is empty.');
  if (next === undefined) return lastTree(reading, node, { type, part });
  const tree = (end: string): Tree => {
    const inside = part.filter === undefined ? [] : [nodeTree(reading, part.filter, { type: end, depth: depth + 1 })];
    return and(...inside, pathTree(reading, node, { type: end, depth: depth + 1, at: at + 1 }));
  };
  return followed(reading, { type, name: part.name, depth }, { name: next.name, tree });
}

/** `_has:Observation:patient:code` as the beginning of a path. */
function backTree(reading: Reading, node: Comparison, { type, depth, at }: Place & { readonly at: number }): Tree {
  const part = node.path[at];
  return reversed(reading, { type, name: part?.name ?? '', depth }, (from, rest) => {
    const path = node.path.with(at, { ...part, name: rest });
    return pathTree(reading, { ...node, path }, { type: from, depth: depth + 1, at });
  });
}

function lastTree(reading: Reading, node: Comparison, { type, part }: { readonly type: string; readonly part: PathPart }): Tree {
  if (part.filter !== undefined) throw bad(reading, `In _filter a condition in brackets stands before a further step, as in ${part.name}[…].name.`);
  spend(reading);
  if (part.name === '_list' && node.op === 'eq') return conditionTree({ ...reading, name: '_list', value: node.value }, type);
  const param = knownParam(reading.params, type, part.name);
  const compare = OPERATORS.get(node.op);
  if (compare === undefined) throw bad(reading, `_filter has no operator '${node.op}'; it has ${[...OPERATORS.keys()].join(', ')}.`);
  return compare({ reading, param, op: node.op, text: node.value });
}

interface Asked {
  readonly reading: Reading;
  readonly param: Param;
  readonly op: string;
  readonly text: string;
}

type Compare = (asked: Asked) => Tree;

const ORDERED: readonly Param['kind'][] = ['date', 'number', 'quantity'];
const NAMED: readonly Param['kind'][] = ['token', 'reference', 'uri'];
const isText = ({ param: { kind, code } }: Asked): boolean => kind === 'string' && !code.startsWith('_') && code !== 'phonetic';

/** https://hl7.org/fhir/R4/search_filter.html, the table of operators */
const OPERATORS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['eq', equal],
  ['ne', unequal],
  ['co', textual('contains')],
  ['sw', textual('begin')],
  ['ew', textual('end')],
  ...['gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb'].map((op) => [op, prefixed] as const),
  ['pr', (asked) => not(missingTree(asked.reading, asked.param, asked.text))],
  ['po', overlapping],
  ['ss', coded('below')],
  ['sb', coded('above')],
  ['in', coded('in')],
  ['ni', (asked) => not(coded('in')(asked))],
  ['re', (asked) => (asked.param.kind === 'reference' ? plain(asked) : refuse(asked, ['reference']))],
]);

function refuse({ reading, param, op }: Asked, kinds: readonly string[]): never {
  throw bad(reading, `In _filter '${op}' compares parameters of type ${kinds.join(', ')}; '${param.code}' of ${param.type} is of type ${param.kind}.`);
}

/** As a search by the parameter alone would read it. */
const plain = ({ reading, param, text }: Asked, modifier = ''): Tree => valueTree(reading, { param, modifier }, text);

function equal(asked: Asked): Tree {
  if (isText(asked)) return textual('equal')(asked);
  return ORDERED.includes(asked.param.kind) ? prefixed(asked) : plain(asked.param.kind === 'string' ? { ...asked, text: escapeValue(asked.text) } : asked);
}

/** "An item in the set has an unequal value." */
function unequal(asked: Asked): Tree {
  if (ORDERED.includes(asked.param.kind)) return prefixed(asked);
  if (!isText(asked) && !NAMED.includes(asked.param.kind)) return refuse(asked, ['string', ...ORDERED, ...NAMED]);
  const tree = equal(asked);
  return tree.op === 'atom' ? atom(tree.param, { is: 'differs', from: tree.test }) : not(tree);
}

function textual(how: 'equal' | 'begin' | 'contains' | 'end'): Compare {
  return (asked) => {
    if (!isText(asked)) return refuse(asked, ['string']);
    const value = fold(asked.text);
    if (value === '') throw bad(asked.reading, `In _filter '${asked.op}' needs a text with a letter or digit.`);
    const test: Test = { is: 'string', how, value };
    spendScan(asked.reading, test);
    return atom(asked.param, test);
  };
}

function prefixed(asked: Asked): Tree {
  if (!ORDERED.includes(asked.param.kind)) return refuse(asked, ORDERED);
  return plain({ ...asked, text: `${asked.op}${asked.text}` });
}

/** The periods have a moment in common. */
function overlapping(asked: Asked): Tree {
  const tree = asked.param.kind === 'date' ? plain({ ...asked, text: `eq${asked.text}` }) : refuse(asked, ['date']);
  if (tree.op !== 'atom' || tree.test.is !== 'date') throw new FhirError('internal', 'A date was not read as one.');
  const test: Test = { ...tree.test, prefix: 'ap' };
  return atom(tree.param, test);
}

function coded(modifier: 'in' | 'above' | 'below'): Compare {
  return (asked) => (asked.param.kind === 'token' ? plain(asked, modifier) : refuse(asked, ['token']));
}
