/** Why a file cannot be an avatar. */
export class Unfit extends Error {
  constructor(
    readonly kind: "other" | "text" | "fbx" | "broken" | "packed" | "bones" | "large" | "store",
    readonly details: string[] = [], // the joints that are missing, or what the reader says
  ) {
    super(`${kind} ${details.join(", ")}`);
  }
}

export const LARGEST = 200e6; // bytes

/** Throws Unfit if the file is not one that can be read as binary glTF. */
export async function checkFile(file: Blob): Promise<void> {
  if (file.size > LARGEST) throw new Unfit("large", [String(Math.round(file.size / 1e6))]);
  const start = await file.slice(0, 20).text();
  if (start.startsWith("glTF")) return;
  if (start.trimStart().startsWith("{")) throw new Unfit("text");
  throw new Unfit(start.startsWith("Kaydara FBX") ? "fbx" : "other");
}
