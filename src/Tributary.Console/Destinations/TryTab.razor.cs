using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Tries an event on a destination, and shows what would be sent.</summary>
public sealed partial class TryTab : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private IReadOnlyList<RecentSample> _samples = [];
    private int _picked = -1;
    private string _text = "";
    private JsonNode? _masked;
    private string? _fault;
    private bool _isBusy;
    private EventTrial? _trial;

    [Inject]
    internal RecentEventsBoard Recent { get; init; } = null!;

    [Inject]
    internal TrialBoard Trials { get; init; } = null!;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _samples = Workspace.Current.FindSource(Destination.SourceId) is { } source ? Recent.List(source) : [];
        _picked = _samples.Count > 0 ? 0 : -1;
        Show(_picked < 0 ? Recent.Example() : _samples[0]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    private void Pick(ChangeEventArgs input)
    {
        _picked = int.TryParse((string?)input.Value, out var at) && at >= 0 && at < _samples.Count ? at : -1;
        Show(_picked < 0 ? Recent.Example() : _samples[_picked]);
    }

    private void Show(RecentSample sample)
    {
        (_text, _trial, _fault) = (PrettyJson.Of(Encoding.UTF8.GetString(sample.Payload.Span)), null, null);
        _masked = PiiMask.Message(PrettyJson.Parse(_text));
    }

    private async Task TryAsync()
    {
        if (_isBusy) return;
        var (body, refusal) = JsonInput.Parse(Encoding.UTF8.GetBytes(_text));
        if (refusal is not null)
        {
            _fault = refusal.Faults[0].Message;
            return;
        }

        _isBusy = true;
        try
        {
            (_trial, _fault) = await Trials.TryAsync(Destination, body.Whole(), _gone.Token);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left.
        }
        finally
        {
            _isBusy = false;
        }
    }
}
