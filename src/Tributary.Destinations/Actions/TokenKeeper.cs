using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Actions;

/// <summary>Keeps tokens that destinations renew, sealed among their settings, so that a restart does not need somebody to connect anew.</summary>
internal sealed partial class TokenKeeper(LiveWorkspace workspace, SecretBox secrets, ActionsHost host, ILogger<TokenKeeper> logger) : BackgroundService
{
    // One entry a destination and hour is usual; what is beyond is renewed once more after a restart.
    private readonly Channel<(string Destination, JsonObject Tokens)> _fresh = Channel.CreateBounded<(string, JsonObject)>(new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropOldest });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        host.TokensRefreshed = (destination, tokens) => _fresh.Writer.TryWrite((destination, tokens));
        try
        {
            await foreach (var (id, tokens) in _fresh.Reader.ReadAllAsync(stoppingToken))
            {
                var changed = await workspace.ChangeAsync("system", now => Keep(now, id, tokens), stoppingToken);
                if (changed.Refusal is { } refusal) LogNotKept(id, refusal.Faults[0].Message);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private WorkspaceEdit Keep(WorkspaceSnapshot now, string id, JsonObject tokens)
    {
        if (now.FindDestination(id) is not { } destination) return WorkspaceEdit.Of([]);
        var settings = secrets.UnsealReadable(destination.Settings).DeepClone().AsObject();
        var oauth = settings[ActionsKind.OAuthKey] as JsonObject ?? [];
        foreach (var (name, value) in tokens) oauth[name] = value?.DeepClone();
        settings[ActionsKind.OAuthKey] = oauth.DeepClone();
        // Whatever was sealed before keeps its seal.
        return ResourceKind.Put(destination with
        {
            Settings = secrets.Seal(settings, name => name == ActionsKind.OAuthKey || SecretBox.IsSealed(destination.Settings[name]), destination.Settings),
        });
    }

    [LoggerMessage(3120, LogLevel.Warning, "New tokens of destination {Destination} could not be kept: {Reason}. They hold until the server stops.")]
    private partial void LogNotKept(string destination, string reason);
}
