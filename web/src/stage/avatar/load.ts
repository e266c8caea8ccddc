/** Reads an avatar: a VRM by its humanoid, any other GLB by the names of its bones. */

import { VRMLoaderPlugin, VRMUtils, type VRM, type VRMHumanBoneName } from "@pixiv/three-vrm";
import { Bone, Box3, Group, Matrix4, Mesh, Quaternion, Vector3, type Object3D } from "three";
import { GLTFLoader, type GLTF } from "three/addons/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import type { Joint } from "../../api/motion";
import type { Posed } from "../skeleton";
import { findBones } from "./names";
import { retarget } from "./retarget";
import { makeRig, parentOf, type Rig } from "./rig";
import { checkFile, Unfit } from "./unfit";
import { vrmName } from "./vrm";

const SHORTEST = 0.3; // m: who is shorter or taller than these is not in metres, and gets a usual height
const TALLEST = 4;
const USUAL = 1.65;
const ANKLE = 0.09; // of the leg: an ankle's height where the mesh does not tell
const CUT = 0.7; // m in one frame: hair and clothes do not fly after somebody who is elsewhere at once
const BLINK = 0.16; // s that a blink takes,
const BLINKS = 3.7; // and s from one to the next

export interface Avatar {
  group: Group;
  scale: number; // of its way over the floor
  /** Poses it as the canonical skeleton is; writes to `place` where the canonical joints are in it. */
  follow: (posed: Posed, contacts: number | undefined, delta: number, place: Vector3[]) => void;
  dispose: () => void;
}

/** Throws Unfit if it cannot be read, or is nobody. */
export async function loadAvatar(file: Blob, joints: Joint[]): Promise<Avatar> {
  await checkFile(file);
  const gltf = await read(file);
  const vrm = gltf.userData.vrm as VRM | undefined;
  const scene = vrm?.scene ?? gltf.scene;
  const nodes = vrm ? bonesOfVrm(vrm, joints) : bonesByName(scene);
  const group = new Group();
  group.name = "avatar";
  group.add(scene);
  setUpright(group, nodes, vrm === undefined);
  const rig = makeRig(joints, places(nodes));
  const bodies = rig.bones.map(({ name }) => nodes.get(name) ?? new Bone());
  joinBones(rig, bodies);
  scene.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.castShadow = true;
    node.frustumCulled = false; // bounds are those at rest
  });
  const write = writer(rig, bodies);
  const alive = vrm && life(vrm);
  const before = new Vector3();
  return {
    group,
    scale: rig.scale,
    follow: (posed, contacts, delta, place) => {
      retarget(rig, posed, contacts, delta);
      write();
      rig.shown.forEach((bone, j) => place[j]?.copy(rig.bones[bone]?.position ?? before));
      const pelvis = rig.bones[0]?.position ?? before;
      alive?.(delta, pelvis.distanceTo(before) > CUT);
      before.copy(pelvis);
    },
    dispose: () => {
      VRMUtils.deepDispose(scene);
    },
  };
}

async function read(file: Blob): Promise<GLTF> {
  const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
  loader.register((parser) => new VRMLoaderPlugin(parser));
  try {
    return await loader.parseAsync(await file.arrayBuffer(), "");
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Unfit(/draco|ktx2/i.test(said) ? "packed" : "broken", [said]);
  }
}

function bonesOfVrm(vrm: VRM, joints: Joint[]): Map<string, Object3D> {
  vrm.humanoid.autoUpdateHumanBones = false; // its raw bones are moved, as those of any GLB
  VRMUtils.combineSkeletons(vrm.scene);
  const nodes = new Map<string, Object3D>();
  const bone = (name: VRMHumanBoneName) => vrm.humanoid.getRawBoneNode(name);
  const spine = (["spine", "chest", "upperChest"] as const).flatMap((name) => bone(name) ?? []);
  spine.forEach((node, at) => nodes.set(`spine${String(at + 1)}`, node));
  for (const { name } of joints) {
    const node = name.startsWith("spine") ? null : bone(vrmName(name));
    if (node) nodes.set(name, node);
  }
  return nodes;
}

/** By name among the bones of its skins and what they hang on; or, where nothing is skinned, among all nodes. */
function bonesByName(scene: Object3D): Map<string, Object3D> {
  const all: Object3D[] = [];
  const bones = new Set<Object3D>();
  scene.traverse((node) => {
    all.push(node);
    if (node instanceof Bone) for (let at: Object3D | null = node; at; at = at.parent) bones.add(at);
  });
  const nameOf = (node: Object3D): string => String(node.userData.name ?? node.name); // as in the file
  const { found, missing } = findBones(
    all.filter((node) => bones.size === 0 || bones.has(node)),
    nameOf,
  );
  if (missing.length > 0) throw new Unfit("bones", missing);
  return found;
}

function places(nodes: Map<string, Object3D>): Map<string, Vector3> {
  return new Map([...nodes].map(([name, node]) => [name, node.getWorldPosition(new Vector3())]));
}

/** Turns the group so that it faces +Z, and stands on y = 0; scales it to metres if it is in others. */
function setUpright(group: Group, nodes: Map<string, Object3D>, anyUnit: boolean): void {
  const at = (name: string): Vector3 => nodes.get(name)?.getWorldPosition(new Vector3()) ?? new Vector3();
  const leg = () => at("left_hip").distanceTo(at("left_knee")) + at("left_knee").distanceTo(at("left_ankle"));
  group.updateMatrixWorld(true);
  const left = at("left_hip").sub(at("right_hip")).add(at("left_shoulder")).sub(at("right_shoulder"));
  const up = at("head").sub(at("pelvis")).normalize();
  if (up.y > 0.9) up.set(0, 1, 0);
  const ahead = left.clone().cross(up).normalize();
  const axes = new Matrix4().makeBasis(up.clone().cross(ahead), up, ahead);
  group.quaternion.setFromRotationMatrix(axes).invert();
  group.updateMatrixWorld(true);
  const height = 1.1 * (at("head").y - at("left_ankle").y);
  if (anyUnit && (height < SHORTEST || height > TALLEST)) group.scale.setScalar(USUAL / height);
  group.updateMatrixWorld(true);
  const ankle = (at("left_ankle").y + at("right_ankle").y) / 2;
  const lowest = new Box3().setFromObject(group, true).min.y;
  const believable = ankle - lowest > 0.02 * leg() && ankle - lowest < 0.35 * leg();
  group.position.y = -(believable ? lowest : ankle - ANKLE * leg());
  group.updateMatrixWorld(true);
}

/** Bones hang on one another as in a body, also where the file has it otherwise. */
function joinBones(rig: Rig, nodes: Object3D[]): void {
  const names = new Set(rig.bones.map(({ name }) => name));
  const own = new Set(nodes);
  rig.bones.forEach(({ name, parent }, k) => {
    const [node, above] = [nodes[k], nodes[parent]];
    if (!node || !above || parentOf(name, names) === undefined) return;
    let nearest = node.parent;
    while (nearest && !own.has(nearest)) nearest = nearest.parent;
    if (nearest !== above) above.attach(node);
  });
}

/** Writes the turns of the rig to the nodes: relative to what each hangs on. */
function writer(rig: Rig, nodes: Object3D[]): () => void {
  nodes[0]?.updateWorldMatrix(true, true);
  const world = (node: Object3D | null) => node?.getWorldQuaternion(new Quaternion()) ?? new Quaternion();
  const rest = nodes.map((node) => ({ own: world(node), above: world(node.parent).invert() }));
  const toParent = nodes[0]?.parent?.matrixWorld.clone().invert() ?? new Matrix4();
  const turn = new Quaternion();
  return () => {
    rig.bones.forEach((bone, k) => {
      const [node, at] = [nodes[k], rest[k]];
      if (!node || !at) return;
      const parent = rig.bones[bone.parent];
      node.quaternion.copy(at.above);
      if (parent) node.quaternion.multiply(turn.copy(parent.turn).invert());
      node.quaternion.multiply(bone.turn).multiply(at.own);
    });
    if (rig.bones[0]) nodes[0]?.position.copy(rig.bones[0].position).applyMatrix4(toParent);
  };
}

/** Hair and clothes swing, and eyes blink. */
function life(vrm: VRM): (delta: number, elsewhere: boolean) => void {
  let time = 0;
  return (delta, elsewhere) => {
    time += delta;
    const share = (time % BLINKS) / BLINK;
    vrm.expressionManager?.setValue("blink", share < 1 ? Math.sin(Math.PI * share) : 0);
    if (elsewhere) vrm.springBoneManager?.reset();
    vrm.update(Math.min(delta, 0.1));
  };
}
