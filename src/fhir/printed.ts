/** Any JSON value as text: a primitive as it prints, all else as JSON. Never throws, as String() does where JSON names a `toString` of its own. */
export const printed = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
