/** The part of the package's interface that is used here: it brings no types of its own. */
declare module '@lhncbc/ucum-lhc' {
  interface UcumLhcUtils {
    validateUnitString(code: string): { readonly status: string; readonly ucumCode: string | null; readonly unit?: { readonly name?: string } };
    convertToBaseUnits(
      code: string,
      value: number,
    ): {
      readonly status: string;
      readonly magnitude?: number;
      readonly unitToExp?: Readonly<Record<string, number>>;
      /** It takes more than a factor. */
      readonly fromUnitIsSpecial?: boolean;
    };
    convertUnitTo(from: string, value: number, to: string): { readonly status: string; readonly toVal: number | null };
  }
  export const UcumLhcUtils: { getInstance(): UcumLhcUtils };
}
