namespace Tributary.Console.Shared;

/// <summary>What a toast says.</summary>
public enum ToastKind
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>It could not be done.</summary>
    Failed,

    /// <summary>Something else worth knowing.</summary>
    Note,
}

/// <summary>A short word at the corner of the page.</summary>
/// <param name="Id">Tells it from others.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Text">A sentence.</param>
public sealed record Toast(long Id, ToastKind Kind, string Text);

/// <summary>
/// Says in the corner what has happened, for some seconds. MudBlazor's own snackbars bring style elements with them, which the content security policy forbids.
/// </summary>
public sealed class Toasts(TimeProvider clock) : IDisposable
{
    private const int ShownMax = 4;
    private const int TextLengthMax = 300;

    // Failures stay longer: they have to be read and understood.
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FailureLife = TimeSpan.FromSeconds(12);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = new();

    // Guarded by _gate.
    private readonly List<Toast> _shown = [];
    private long _last;

    /// <summary>Raised when one comes or goes.</summary>
    public event Action? Changed;

    /// <summary>Those that are shown, the oldest first.</summary>
    public IReadOnlyList<Toast> Shown
    {
        get
        {
            lock (_gate) return [.. _shown];
        }
    }

    /// <summary>It is done.</summary>
    public void Done(string text) => Show(ToastKind.Done, text);

    /// <summary>It could not be done.</summary>
    public void Failed(string text) => Show(ToastKind.Failed, text);

    /// <summary>Something worth knowing.</summary>
    public void Note(string text) => Show(ToastKind.Note, text);

    /// <summary>Takes one away.</summary>
    public void Dismiss(Toast toast)
    {
        lock (_gate) _shown.Remove(toast);
        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }

    private void Show(ToastKind kind, string text)
    {
        Toast toast;
        lock (_gate)
        {
            toast = new Toast(++_last, kind, text.Length > TextLengthMax ? text[..TextLengthMax] + "…" : text);
            _shown.Add(toast);
            if (_shown.Count > ShownMax) _shown.RemoveAt(0);
        }

        Changed?.Invoke();
        _ = FadeAsync(toast, _over.Token);
    }

    private async Task FadeAsync(Toast toast, CancellationToken over)
    {
        await Task.Delay(toast.Kind == ToastKind.Failed ? FailureLife : Life, clock, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!over.IsCancellationRequested) Dismiss(toast);
    }
}
