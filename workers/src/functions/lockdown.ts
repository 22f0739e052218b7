// Loaded while that is still possible, so that what others ask for later is the closed one.
const modules = ['net', 'dgram', 'dns', 'tls', 'http', 'https', 'child_process', 'worker_threads', 'inspector', 'module']

function closed(): never {
  throw new Error('This is not available in functions here.')
}

function close(target: any, name: string): void {
  try {
    Object.defineProperty(target, name, { value: closed, writable: false, configurable: false })
  } catch {
    // It was closed before, or never open.
  }
}

/**
 * Takes away what reaches out of the process: the network, other processes, and the loading of modules. People's code has no way to any of it; this is for the
 * day when one is found. The connection to the host is open already and stays so.
 */
export function lockDown(): void {
  const loaded = modules.map((name) => require(name))
  for (const exported of loaded) {
    for (const name of Object.keys(exported)) {
      const value = exported[name]
      if (typeof value !== 'function') continue
      // A class is reachable from its instances; what it does with the outside is on its prototype.
      for (const method of ['connect', 'listen', 'bind', 'send', 'open', 'resolve', 'resolve4', 'resolve6', 'reverse', 'require', '_compile', 'load']) {
        if (value.prototype && typeof value.prototype[method] === 'function') close(value.prototype, method)
      }
      close(exported, name)
    }
    if (exported.promises) for (const name of Object.keys(exported.promises)) close(exported.promises, name)
  }
  require = closed as any
  const process: any = globalThis.process
  for (const name of [
    'binding', '_linkedBinding', 'dlopen', 'getBuiltinModule', 'kill', '_kill', '_debugProcess', '_debugEnd', '_startProfilerIdleNotifier', 'chdir',
    '_getActiveHandles', '_getActiveRequests', 'setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups', 'umask', 'abort'
  ]) {
    close(process, name)
  }
  for (const name of ['mainModule', 'report']) {
    Object.defineProperty(process, name, { value: undefined, writable: false, configurable: false })
  }
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'BroadcastChannel', 'MessageChannel', 'MessagePort', 'Worker']) {
    Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false })
  }
}
