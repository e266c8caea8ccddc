"""Pictures: camera, keypoints, pose maps, the mannequin and video files."""
