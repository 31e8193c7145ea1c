/**
 * The one door to regular expressions that come from outside (profiles, value sets, questionnaires): they run in time
 * linear in the text, whatever they are. Look-ahead, look-behind and back-references have no such form and are refused.
 */
import { RE2JS } from 're2js';

export interface Regex {
  /** Whether the whole text fits. */
  matches(text: string): boolean;
}

/** Longer patterns are no pattern that a person wrote. */
const MAX_PATTERN = 2000;
const MAX_KEPT = 500;

/** Undefined: refused. Oldest first. */
const kept = new Map<string, Regex | undefined>();

/** Undefined where the pattern is no regular expression, or is one that cannot run in linear time. */
export function regexOf(pattern: string): Regex | undefined {
  if (pattern.length > MAX_PATTERN) return undefined;
  if (kept.has(pattern)) return kept.get(pattern);
  const [oldest] = kept.size >= MAX_KEPT ? kept.keys() : [];
  if (oldest !== undefined) kept.delete(oldest);
  const regex = compile(pattern);
  kept.set(pattern, regex);
  return regex;
}

function compile(pattern: string): Regex | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (text) => compiled.testExact(text) };
  } catch {
    return undefined;
  }
}
