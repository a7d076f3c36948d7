"""Stored neighbors of the edges of meshes as trimesh finds them (needs trimesh)."""

import numpy as np
import trimesh
from recording import Recording

CLOSED = trimesh.creation.icosahedron()
MESHES = {
    "closed": CLOSED,
    "boundary": trimesh.Trimesh(CLOSED.vertices, CLOSED.faces[4:15]),
    "torus": trimesh.creation.torus(2.0, 0.5, major_sections=5, minor_sections=4),
}


def around(mesh):
    """The edges, and for each of them the up to four other sides of its triangles, as corners."""
    sides = mesh.edges_sorted.reshape(-1, 3, 2)  # the three of each triangle
    own = mesh.faces_unique_edges
    found = []
    for number, edge in enumerate(mesh.edges_unique):
        others = [side for face in np.flatnonzero((own == number).any(1))
                  for side in sides[face].tolist() if side != edge.tolist()]  # fmt: skip
        found.append(sorted(others) + [[-1, -1]] * (4 - len(others)))
    return mesh.edges_unique, found


def main():
    recording = Recording("meshes")
    for name, mesh in MESHES.items():
        mesh.merge_vertices()
        edges, others = around(mesh)
        recording.put(name, faces=mesh.faces, edges=edges, around=others)
    recording.save()


if __name__ == "__main__":
    main()
