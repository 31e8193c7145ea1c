/**
 * What an expression reads, seen from its text: which variables, and the answers to which questions. Good enough to put
 * calculations in order and to find those that go round in a circle; evaluation itself never relies on it.
 */
import { type Token, tokensOf } from '../fhir/fhirpath-tokens.ts';
import type { Reads } from './plan.ts';

export interface Analysis extends Reads {
  readonly uses: ReadonlySet<string>;
}

/** Through these an expression comes to answers without naming a question. */
const WAYS_TO_ANSWERS: ReadonlySet<string> = new Set(['item', 'answer', 'descendants', 'repeat', 'children']);

/** They lead to the form, not to what was answered. */
const FORM_VARIABLES: ReadonlySet<string> = new Set(['questionnaire', 'qitem']);

export function analyse(expression: string): Analysis {
  const tokens = tokensOf(expression);
  const uses = new Set(tokens.filter(({ kind }) => kind === 'external').map(({ text }) => text));
  const linkIds = new Set(answerTokens(tokens).flatMap(({ token, at }) => (isName(token, 'linkId') ? comparedWith(tokens, at) : [])));
  const navigates = answerTokens(tokens).some(({ token }) => token.kind === 'name' && WAYS_TO_ANSWERS.has(token.text));
  return { uses, linkIds, anything: navigates && linkIds.size === 0 };
}

const isName = (token: Token | undefined, name: string): boolean => token?.kind === 'name' && token.text === name;
const isSymbol = (token: Token | undefined, ...symbols: readonly string[]): boolean => token?.kind === 'symbol' && symbols.includes(token.text);

/** The tokens of paths that begin anywhere but at the form. */
function answerTokens(tokens: readonly Token[]): { token: Token; at: number }[] {
  let inForm = false;
  return tokens.flatMap((token, at) => {
    if (token.kind === 'external') inForm = FORM_VARIABLES.has(token.text);
    return inForm ? [] : [{ token, at }];
  });
}

/** `linkId = 'a'`, `'a' = linkId`, `linkId in ('a' | 'b')` */
function comparedWith(tokens: readonly Token[], at: number): readonly string[] {
  const [before, operator] = [tokens[at - 1], tokens[at + 1]];
  if (isSymbol(before, '=', '~')) return textOf(tokens[at - 2]);
  if (isSymbol(operator, '=', '~')) return textOf(tokens[at + 2]);
  return isName(operator, 'in') ? listed(tokens, at + 2) : [];
}

const textOf = (token: Token | undefined): readonly string[] => (token?.kind === 'string' ? [token.text] : []);

function listed(tokens: readonly Token[], from: number): readonly string[] {
  if (!isSymbol(tokens[from], '(')) return textOf(tokens[from]);
  const end = tokens.findIndex((token, at) => at > from && isSymbol(token, ')'));
  return tokens.slice(from, end < 0 ? tokens.length : end).flatMap(textOf);
}

/** The functions of ours that look questions up by linkId instead of passing through all of them. */
export const LOOKUPS = { items: 'itemsWith', repeat: 'repeatedItemsWith', descendants: 'descendantsWith' } as const;

/**
 * The same expression with `item.where(linkId = 'a')` turned into a look-up, which a long form with many calculations
 * needs: passing through a thousand items for each of hundreds of expressions takes seconds.
 */
export function withLookups(expression: string): string {
  const tokens = tokensOf(expression);
  let out = '';
  let from = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const found = lookupAt(tokens, at);
    if (found === undefined) continue;
    const [first, last] = [tokens[at], tokens[at + found.length - 1]];
    if (first === undefined || last === undefined) continue;
    out += `${expression.slice(from, first.start)}${found.name}(${expression.slice(found.literal.start, found.literal.end)})`;
    from = last.end;
    at += found.length - 1;
  }
  return out + expression.slice(from);
}

interface Lookup {
  readonly name: string;
  /** In tokens. */
  readonly length: number;
  readonly literal: Token;
}

const HEADS: readonly { readonly words: readonly string[]; readonly name: string }[] = [
  { words: ['item'], name: LOOKUPS.items },
  { words: ['repeat', '(', 'item', ')'], name: LOOKUPS.repeat },
  { words: ['descendants', '(', ')'], name: LOOKUPS.descendants },
];

const TEST: readonly string[] = ['.', 'where', '(', 'linkId', '='];

function lookupAt(tokens: readonly Token[], at: number): Lookup | undefined {
  for (const { words, name } of HEADS) {
    const [literal, close] = [tokens[at + words.length + TEST.length], tokens[at + words.length + TEST.length + 1]];
    if (literal?.kind !== 'string' || !isSymbol(close, ')') || !followedBy(tokens, at, [...words, ...TEST])) continue;
    return { name, length: words.length + TEST.length + 2, literal };
  }
  return undefined;
}

const followedBy = (tokens: readonly Token[], at: number, words: readonly string[]): boolean =>
  words.every((word, offset) => {
    const token = tokens[at + offset];
    return token?.text === word && (token.kind === 'name' || token.kind === 'symbol');
  });
