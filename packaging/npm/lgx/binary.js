// Which of the platform packages has the binary for this machine, and where it lies.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A machine that lgx has no binary for, or an installation that lacks it. The message says what to do. */
export class NoBinaryError extends Error {}

/** The libc of Linux, by the name that npm has for it. */
function libc() {
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "gnu";
}

/** The name of the package that has the binary of a machine, such as `@lgx/linux-x64-gnu`. */
export function packageFor(platform, arch, libcName) {
  if (platform === "win32") {
    throw new NoBinaryError("lgx does not run on Windows by itself; install and run it in WSL: https://learn.microsoft.com/windows/wsl/install");
  }
  const known = ["linux", "darwin"].includes(platform) && ["x64", "arm64"].includes(arch);
  if (!known) throw new NoBinaryError(`there is no binary of lgx for ${platform} on ${arch}; LGX_BINARY may name one that you built: cargo build --release -p lgx-cli`);
  return `@lgx/${platform}-${arch}${platform === "linux" ? `-${libcName}` : ""}`;
}

/** The path of the binary: the one that `LGX_BINARY` names, else that of this machine's package. */
export function binary() {
  const named = process.env.LGX_BINARY;
  if (named) return named;
  const name = packageFor(process.platform, process.arch, process.platform === "linux" ? libc() : null);
  try {
    return require.resolve(`${name}/bin/lgx`);
  } catch {
    throw new NoBinaryError(
      `the package ${name}, which has the binary of lgx for this machine, is not installed; was lgx installed with --omit=optional, or node_modules copied from another machine? Install it again: npm install lgx`,
    );
  }
}
