/** A sentence with values in the places of its {words}: "{n} s" with n = 3 is "3 s". */
export function filled(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
