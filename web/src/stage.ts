/** The stage: a figure of capsules on the canonical skeleton, a floor, and a camera that follows. */

import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Joint } from "./api";

const WOOD = 0xc9975b;
const JOINT = 0x7a5230;
const FLOOR = 400; // m

/** Metres: how thick the limb is that ends in a joint. */
function radius(name: string): number {
  if (/index|middle|ring|pinky|thumb/.test(name)) return 0.009;
  if (/wrist/.test(name)) return 0.032;
  if (/elbow|ankle/.test(name)) return 0.045;
  if (/knee/.test(name)) return 0.062;
  if (/foot/.test(name)) return 0.04;
  if (/neck|head/.test(name)) return 0.05;
  if (/spine|hip/.test(name)) return 0.095;
  return 0.06;
}

/** One square metre of floor with its edge, repeated, so that one sees how far the figure goes. */
function tile(anisotropy: number): THREE.Texture {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 256;
  const pen = canvas.getContext("2d");
  if (pen) {
    pen.fillStyle = "#dfe3e8";
    pen.fillRect(0, 0, 256, 256);
    pen.strokeStyle = "#98a3b0";
    pen.lineWidth = 5;
    pen.strokeRect(0, 0, 256, 256);
  }
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.repeat.set(FLOOR, FLOOR);
  texture.anisotropy = anisotropy;
  return texture;
}

function limb(joint: Joint): THREE.Mesh {
  const along = new THREE.Vector3(...joint.offset);
  const thick = radius(joint.name);
  const length = Math.max(along.length() - thick, 0.01);
  const mesh = new THREE.Mesh(
    new THREE.CapsuleGeometry(thick, length, 6, 16),
    new THREE.MeshStandardMaterial({ color: WOOD, roughness: 0.6 }),
  );
  mesh.position.copy(along).multiplyScalar(0.5);
  mesh.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), along.clone().normalize());
  mesh.castShadow = true;
  return mesh;
}

function ball(size: [number, number, number], at: [number, number, number], color: number): THREE.Mesh {
  const mesh = new THREE.Mesh(
    new THREE.SphereGeometry(1, 24, 16),
    new THREE.MeshStandardMaterial({ color, roughness: 0.6 }),
  );
  mesh.scale.set(...size);
  mesh.position.set(...at);
  mesh.castShadow = true;
  return mesh;
}

export class Stage {
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly camera = new THREE.PerspectiveCamera(32, 1, 0.1, 200);
  private readonly controls: OrbitControls;
  private readonly light = new THREE.DirectionalLight(0xfff3e0, 2.4);
  private readonly joints: THREE.Object3D[] = [];
  private data: Float32Array = new Float32Array();
  private count = 0;

  constructor(canvas: HTMLCanvasElement, skeleton: Joint[]) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true });
    this.renderer.shadowMap.enabled = true;
    this.scene.background = new THREE.Color(0xd5dbe3);
    this.scene.fog = new THREE.Fog(0xd5dbe3, 10, 40);
    this.scene.add(new THREE.HemisphereLight(0xffffff, 0x8a8f98, 1.6), this.light, this.light.target);
    this.light.castShadow = true;
    this.light.shadow.mapSize.set(2048, 2048);
    Object.assign(this.light.shadow.camera, { left: -3, right: 3, top: 3, bottom: -3 });
    const floor = new THREE.Mesh(
      new THREE.PlaneGeometry(FLOOR, FLOOR),
      new THREE.MeshStandardMaterial({ map: tile(this.renderer.capabilities.getMaxAnisotropy()) }),
    );
    floor.rotation.x = -Math.PI / 2;
    floor.receiveShadow = true;
    this.scene.add(floor);
    this.build(skeleton);
    this.camera.position.set(2.0, 1.5, 3.5);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.target.set(0, 0.95, 0);
    this.controls.maxPolarAngle = Math.PI / 2 - 0.02;
  }

  private build(skeleton: Joint[]): void {
    for (const joint of skeleton) {
      const node = new THREE.Object3D();
      const parent = this.joints[joint.parent];
      if (parent) {
        node.position.set(...joint.offset);
        parent.add(node, limb(joint));
      } else {
        this.scene.add(node);
        node.add(ball([0.15, 0.12, 0.115], [0, -0.03, 0], WOOD));
      }
      if (joint.name === "head") node.add(ball([0.085, 0.12, 0.105], [0, 0.05, 0.01], WOOD));
      if (/spine[12]/.test(joint.name)) node.add(ball([0.135, 0.1, 0.1], [0, 0.02, 0], WOOD));
      if (joint.name === "spine3") node.add(ball([0.16, 0.17, 0.115], [0, 0.03, 0.005], WOOD));
      if (/shoulder|elbow|knee/.test(joint.name)) {
        const size = radius(joint.name) * 1.12;
        node.add(ball([size, size, size], [0, 0, 0], JOINT));
      }
      this.joints.push(node);
    }
  }

  /** Take over a new motion; it is shown from the next `show` on. */
  play(data: Float32Array): void {
    this.data = data;
    this.count = data.length / (3 + 4 * this.joints.length);
  }

  /** Draw the figure at a (fractional) frame, with the camera following. */
  show(frame: number): void {
    if (this.count) {
      const size = 3 + 4 * this.joints.length;
      const at = Math.min(Math.max(frame, 0), this.count - 1);
      const [a, b, t] = [Math.floor(at), Math.min(Math.floor(at) + 1, this.count - 1), at % 1];
      const value = (f: number, k: number): number => this.data[f * size + k] ?? 0;
      const turn = (f: number, k: number): THREE.Quaternion =>
        new THREE.Quaternion(value(f, k + 1), value(f, k + 2), value(f, k + 3), value(f, k));
      this.joints.forEach((node, j) => {
        node.quaternion.slerpQuaternions(turn(a, 3 + 4 * j), turn(b, 3 + 4 * j), t);
      });
      const root = [0, 1, 2].map((k) => value(a, k) * (1 - t) + value(b, k) * t);
      this.joints[0]?.position.set(root[0] ?? 0, root[1] ?? 0, root[2] ?? 0);
      this.follow(root[0] ?? 0, root[2] ?? 0);
    }
    this.controls.update();
    this.renderer.render(this.scene, this.camera);
  }

  private follow(x: number, z: number): void {
    const step = new THREE.Vector3(x - this.controls.target.x, 0, z - this.controls.target.z);
    this.controls.target.add(step);
    this.camera.position.add(step);
    this.light.position.set(x + 2, 4.5, z + 3);
    this.light.target.position.set(x, 0, z);
  }

  /** The pelvis in the world, for tests. */
  get pelvis(): [number, number, number] {
    const at = this.joints[0]?.position ?? new THREE.Vector3();
    return [at.x, at.y, at.z];
  }

  resize(width: number, height: number): void {
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / Math.max(height, 1);
    this.camera.updateProjectionMatrix();
  }

  dispose(): void {
    this.controls.dispose();
    this.renderer.dispose();
  }
}
