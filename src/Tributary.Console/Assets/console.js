// The whole script of the console: theme, keys, copying, times, and what happens when the server is away. Everything else is rendered by the server.
(() => {
  'use strict'
  const root = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')

  // Theme. Follows the system until somebody chooses; the choice is remembered here, because it belongs to the screen and not to the person.
  const applyTheme = () => { root.dataset.theme = localStorage.getItem('theme') ?? (dark.matches ? 'dark' : 'light') }
  const toggleTheme = () => {
    const next = root.dataset.theme === 'dark' ? 'light' : 'dark'
    if (next === (dark.matches ? 'dark' : 'light')) localStorage.removeItem('theme')
    else localStorage.setItem('theme', next)
    applyTheme()
  }
  applyTheme()
  dark.addEventListener('change', applyTheme)
  addEventListener('storage', (event) => event.key === 'theme' && applyTheme())
  if (localStorage.getItem('rail') === 'narrow') root.dataset.rail = 'narrow'

  // Copying. Browsers have a clipboard for scripts on https and localhost only; elsewhere a selection does.
  const copy = async (text) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text)
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'visually-hidden'
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  const say = (text) => { const live = document.getElementById('say'); if (live) live.textContent = text }
  const copied = (button) => {
    button.classList.add('is-copied')
    say('Copied')
    setTimeout(() => { button.classList.remove('is-copied'); say('') }, 1500)
  }

  // Times. The server writes the moment and a first text; here it ages, and shows local and UTC on hover.
  const ago = (ms) => {
    const s = Math.round(ms / 1000)
    if (s < 5) return 'now'
    if (s < 60) return `${s} s ago`
    if (s < 3600) return `${Math.floor(s / 60)} min ago`
    if (s < 86400) return `${Math.floor(s / 3600)} h ago`
    if (s < 86400 * 60) return `${Math.floor(s / 86400)} d ago`
    return null
  }
  const age = () => {
    if (document.hidden) return
    for (const time of document.querySelectorAll('time[data-relative]')) {
      const text = ago(Date.now() - Date.parse(time.dateTime))
      // The text node stays the server's: it is only given other words.
      if (text && time.firstChild && time.firstChild.data !== text) time.firstChild.data = text
    }
  }
  setInterval(age, 5000)
  document.addEventListener('visibilitychange', age)
  const explainTime = (time) => {
    const at = new Date(time.dateTime)
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    time.title = `${at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })} ${zone}\n${at.toISOString().replace('T', ' ').replace(/\.000Z$/, 'Z').replace('Z', ' UTC')}`
  }
  document.addEventListener('mouseover', (event) => { const time = event.target.closest?.('time'); if (time) explainTime(time) })

  // Buttons that need no server.
  const actions = {
    theme: toggleTheme,
    rail: () => { const narrow = root.dataset.rail !== 'narrow'; if (narrow) root.dataset.rail = 'narrow'; else delete root.dataset.rail; localStorage.setItem('rail', narrow ? 'narrow' : 'wide') },
    menu: () => root.toggleAttribute('data-menu'),
    shortcuts: () => document.getElementById('shortcuts')?.showModal(),
    palette: () => palette(),
    'sign-out': () => document.getElementById('sign-out')?.submit(),
    skip: () => document.getElementById('main')?.focus(),
    reload: () => location.reload(),
    dismiss: (button) => { localStorage.setItem(button.dataset.dismiss, 'yes'); hideDismissed() },
  }
  const hideDismissed = () => {
    for (const each of document.querySelectorAll('[data-dismissible]')) each.hidden = localStorage.getItem(each.dataset.dismissible) === 'yes'
  }
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('[data-copy],[data-copy-from],[data-action]')
    if (!root.hasAttribute('data-menu') || !event.target.closest?.('.rail')) { if (button?.dataset.action !== 'menu') root.removeAttribute('data-menu') } else if (event.target.closest('a')) root.removeAttribute('data-menu')
    if (!button) return
    if (button.dataset.action) return actions[button.dataset.action]?.(button)
    await copy(button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent ?? '')
    copied(button)
  })

  // Keys. Nothing happens while somebody types.
  let shell = null
  // What is typed between the shortcut and the answer of the server belongs to the palette too.
  let early = null
  let wanted = false
  const palette = () => {
    wanted = !shell
    early = ''
    setTimeout(() => { early = null }, 3000)
    shell?.invokeMethodAsync('OpenPaletteAsync')
  }
  document.addEventListener('keydown', (event) => {
    if (early === null || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape') early = null
    else if (event.key.length === 1) { early += event.key; event.preventDefault(); event.stopImmediatePropagation() }
  }, true)
  const isTyping = (target) => target.closest?.('input, textarea, select, [contenteditable="true"]') !== null
  const jumps = {}
  let armed = 0
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') { event.preventDefault(); palette(); return }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open], [role="dialog"]:not([popover]), [popover]:popover-open')) return
    if (localStorage.getItem('keys') === 'off') return
    if (Date.now() - armed < 1500 && jumps[event.key]) { armed = 0; event.preventDefault(); Blazor.navigateTo(jumps[event.key]); return }
    armed = 0
    if (event.key === 'g') armed = Date.now()
    else if (event.key === '?') { event.preventDefault(); actions.shortcuts() }
    else if (event.key === '/') { const search = document.querySelector('main [data-search]'); if (search) { event.preventDefault(); search.focus(); search.select() } }
    else if (event.key === 'n') { const create = document.querySelector('main [data-new]'); if (create) { event.preventDefault(); create.click() } }
    else if (event.key === ' ') { const pause = document.querySelector('main [data-pause]'); if (pause && event.target.closest('button, a, summary') === null) { event.preventDefault(); pause.click() } }
  })
  // In the palette, arrows and Enter belong to the list, and the text cursor stays where it is.
  document.addEventListener('keydown', (event) => {
    if (event.target.matches?.('[data-keeps-arrows]') && ['ArrowUp', 'ArrowDown'].includes(event.key)) event.preventDefault()
  }, true)
  // In an editor, Ctrl and Enter press the button that it names.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !event.target.dataset?.run) return
    event.preventDefault()
    document.getElementById(event.target.dataset.run)?.click()
  })
  // Rows that open something do so with Enter too, and arrows move between them.
  document.addEventListener('keydown', (event) => {
    const row = event.target.closest?.('[data-row]')
    if (!row || event.target !== row) return
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
    if (step) { event.preventDefault(); let next = row[step]; while (next && !next.matches('[data-row]')) next = next[step]; next?.focus() }
    else if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); row.click() }
  })

  // Rows that change places: the browser shows where the row would go, the server moves it when it is dropped.
  let lifted = null
  const clearPlaces = () => { for (const row of document.querySelectorAll('[data-over]')) row.removeAttribute('data-over') }
  document.addEventListener('dragstart', (event) => {
    lifted = event.target.closest?.('[data-drop]') ?? null
    if (!lifted) return
    event.dataTransfer.setData('text/plain', '')
    event.dataTransfer.effectAllowed = 'move'
    event.dataTransfer.setDragImage(lifted, 20, 16)
  })
  document.addEventListener('dragover', (event) => {
    const row = event.target.closest?.('[data-drop]')
    if (!lifted || !row) return
    event.preventDefault()
    if (row.hasAttribute('data-over')) return
    clearPlaces()
    if (row !== lifted) row.dataset.over = lifted.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING ? 'below' : 'above'
  })
  for (const end of ['dragend', 'drop']) document.addEventListener(end, () => { lifted = null; clearPlaces() })

  window.tributary = {
    attach: (reference, keys) => { shell = reference; Object.assign(jumps, keys); hideDismissed(); age(); if (wanted) palette() },
    act: (name) => actions[name]?.(),
    refresh: () => { hideDismissed(); age() },
    focus: (id) => {
      const element = document.getElementById(id)
      element?.focus()
      if (element && id === 'palette-input' && early) { element.value = early; element.dispatchEvent(new Event('input', { bubbles: true })) }
      early = null
    },
    reveal: (id) => document.getElementById(id)?.scrollIntoView({ block: 'nearest' }),
    download: (name, type, text) => {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([text], { type }))
      link.download = name
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 1000)
    },
  }

  // The connection. While the server is away the page says so and asks again; when it is back and no longer knows the page, the page loads itself anew.
  const away = () => document.getElementById('components-reconnect-modal')
  const show = (state) => { const box = away(); if (!box) return; box.dataset.state = state; if (state === 'gone' ) { if (box.open) box.close() } else if (!box.open) box.showModal() }
  let asking = null
  const ask = async () => {
    try {
      const answer = await fetch('/health/live', { cache: 'no-store' })
      if (answer.ok) { clearInterval(asking); asking = null; location.reload() }
    } catch { /* Still away. */ }
  }
  const wait = () => { show('waiting'); asking ??= setInterval(ask, 1000) }
  const start = () => {
    if (!window.Blazor) return
    Blazor.start({
      circuit: {
        reconnectionOptions: { maxRetries: 3, retryIntervalMilliseconds: (tries) => [0, 300, 1000][tries] ?? null },
        reconnectionHandler: undefined,
      },
    })
  }
  document.addEventListener('DOMContentLoaded', () => {
    away()?.addEventListener('components-reconnect-state-changed', (event) => {
      const state = event.detail.state
      if (state === 'show') show('waiting')
      else if (state === 'hide') show('gone')
      else if (state === 'failed') wait()
      else if (state === 'rejected') location.reload()
    })
    start()
  })
})()
