import { describe, expect, it, vi } from "vitest";
import { KEY_NEEDED, type Problem } from "../api/http";
import { upload } from "./api";

const SAID = { name: "", source: "", licence: "", segment: false, map: "" };

/** A request that the service refuses. */
class Refused {
  readonly upload = {};
  readonly status = 401;
  readonly responseText = '{"detail": "a key is needed"}';
  onload: () => void = () => undefined;
  open = () => undefined;
  setRequestHeader = () => undefined;
  send = () => {
    this.onload();
  };
}

describe("a file that is sent", () => {
  it("lets the page ask for a key, if the service wants one", async () => {
    const heard: string[] = [];
    vi.stubGlobal("location", { search: "?key=old" });
    vi.stubGlobal("window", { dispatchEvent: ({ type }: Event) => heard.push(type) });
    vi.stubGlobal("XMLHttpRequest", Refused);
    const refused = await upload(new File([], "a.bvh"), SAID, () => undefined).catch(
      (error: Problem) => error,
    );
    expect([refused, heard]).toMatchObject([{ kind: "key", message: "a key is needed" }, [KEY_NEEDED]]);
  });
});
