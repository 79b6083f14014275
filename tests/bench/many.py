"""A project of thirty files in TypeScript, with what TypeScript has beyond types: enums, parameter properties, path aliases."""

from __future__ import annotations

from pathlib import Path

FILES = 30
_FILE = """// One of the project's files.

export enum Level{number} {{ Low, High = 5 }}

export interface Setting{number} {{
  name: string;
  sizes?: number[];
}}

{methods}
export class Part{number} {{
  constructor(private readonly name: string, public level: Level{number} = Level{number}.High) {{}}

  describe(setting: Setting{number}): string {{
    return `${{this.name}} ${{this.level}} ${{setting.name}} ${{setting.sizes?.length ?? 0}}`;
  }}
}}
"""
_METHOD = """export function step{number}_{method}(given: readonly number[], setting?: Setting{number}): number {{
  const sizes = setting?.sizes ?? [...given];
  return sizes.reduce((sum, size) => sum + size * {method}, 0);
}}

"""


def use(project: Path) -> None:
    """Write them, and have the graphs import them, as the first thing they do."""
    folder = project / "src" / "parts"
    folder.mkdir()
    for number in range(FILES):
        methods = "".join(_METHOD.format(number=number, method=method) for method in range(13))
        (folder / f"part_{number}.ts").write_text(_FILE.format(number=number, methods=methods))
    names = "".join(f'export * from "./part_{number}";\n' for number in range(FILES))
    (folder / "index.ts").write_text(names)
    graphs = project / "src" / "graphs.ts"
    comment, rest = graphs.read_text().split("\n\n", 1)
    graphs.write_text(f'{comment}\n\nimport "./parts/index";\n{rest}')
