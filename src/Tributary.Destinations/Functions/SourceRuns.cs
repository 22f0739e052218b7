using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Ingest;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Runs a source function on a request and takes what it sent into the river.</summary>
internal sealed class SourceRuns(FunctionRuntime runtime, MessageIntake intake, SecretBox secrets)
{
    /// <summary>Runs it once.</summary>
    /// <param name="source">The source.</param>
    /// <param name="function">Its function.</param>
    /// <param name="request">What <c>onRequest</c> gets, as JSON.</param>
    /// <param name="id">Names the request; the same at every attempt.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <returns>How it came out; <see cref="FunctionVerdict.Done"/> means that its messages are durable.</returns>
    public async ValueTask<FunctionEventResult> RunAsync(Source source, Function function, byte[] request, Guid id, CancellationToken cancellationToken)
    {
        JsonObject settings;
        try
        {
            settings = secrets.Unseal(source.Settings);
        }
        catch (SecretLostException lost)
        {
            return new(FunctionVerdict.Unavailable, lost.Message);
        }

        var result = await runtime.CallAsync(new FunctionCall(FunctionKinds.CodeOf(function), FunctionUse.Source, request, 1, settings), new WireTrace(), cancellationToken);
        var outcome = result.Results[0];
        if (outcome.Verdict != FunctionVerdict.Done || result.Messages.Count == 0) return outcome;
        var messages = result.Messages.Select(message => Encoding.UTF8.GetBytes(message.ToJsonString())).ToList();
        return await intake.AppendAsync(source, messages, $"fn-{id:N}") is { } refused ? new(FunctionVerdict.Retry, refused, ErrorName: "NotTaken") : outcome;
    }
}
