/** The canonical skeleton on the stage, with the mannequin on it; or without, where an avatar takes its place. */

import { useEffect, useMemo } from "react";
import {
  Bone,
  Group,
  MeshDepthMaterial,
  MeshLambertMaterial,
  RGBADepthPacking,
  Skeleton,
  SkinnedMesh,
  type Material,
} from "three";
import type { Joint } from "../api/motion";
import { mannequin } from "./mannequin";

export interface Figure {
  group: Group; // bones, named as the joints, and the mesh
  show: (seen: boolean) => void; // the mannequin
  dispose: () => void;
  pose: (values: Float32Array) => void; // root position (3), rotations wxyz (4 each)
}

export function useFigure(joints: Joint[]): Figure {
  const figure = useMemo(() => makeFigure(joints), [joints]);
  useEffect(() => figure.dispose, [figure]);
  return figure;
}

function makeFigure(joints: Joint[]): Figure {
  const bones = joints.map(({ name, offset }) => {
    const bone = new Bone();
    bone.name = name;
    bone.position.set(...offset);
    return bone;
  });
  joints.forEach(({ parent }, j) => {
    const bone = bones[j];
    if (bone) bones[parent]?.add(bone);
  });
  const mesh = new SkinnedMesh(mannequin(joints), rigid(new MeshLambertMaterial({ vertexColors: true })));
  mesh.customDepthMaterial = rigid(new MeshDepthMaterial({ depthPacking: RGBADepthPacking }));
  mesh.castShadow = true;
  mesh.frustumCulled = false; // its bounds are those of the T-pose
  const group = new Group();
  const root = bones[0];
  if (root) group.add(root);
  group.add(mesh);
  group.updateMatrixWorld(true);
  mesh.bind(new Skeleton(bones));
  return {
    group,
    show: (seen) => {
      mesh.visible = seen;
    },
    dispose: () => {
      mesh.geometry.dispose();
      mesh.skeleton.dispose();
    },
    pose: (values) => {
      const value = (k: number): number => values[k] ?? 0;
      bones.forEach((bone, j) => {
        const k = 3 + 4 * j;
        bone.quaternion.set(value(k + 1), value(k + 2), value(k + 3), value(k));
      });
      root?.position.set(value(0), value(1), value(2));
    },
  };
}

/** Each vertex moves with one bone only: a quarter of the work, which software that draws feels. */
function rigid<T extends Material>(material: T): T {
  material.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader
      .replace("#include <skinbase_vertex>", "mat4 bone = getBoneMatrix(skinIndex.x);")
      .replace("#include <skinnormal_vertex>", "objectNormal = mat3(bone) * objectNormal;")
      .replace("#include <skinning_vertex>", "transformed = (bone * vec4(transformed, 1.0)).xyz;");
  };
  return material;
}
