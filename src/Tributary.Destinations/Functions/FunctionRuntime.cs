using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Runs people's functions. Each has a process of its own, so that none sees another's secrets and none can take another down.</summary>
public sealed class FunctionRuntime
{
    /// <summary>Why no function can run, in a sentence; null when they can.</summary>
    public string? Missing => "not yet";

    /// <summary>Calls a function. Whatever it does is a result; this does not throw for it.</summary>
    /// <param name="call">What to call.</param>
    /// <param name="trace">Takes the requests that the function makes.</param>
    /// <param name="cancellationToken">Breaks the call off.</param>
    public ValueTask<FunctionResult> CallAsync(FunctionCall call, WireTrace trace, CancellationToken cancellationToken) => throw new NotImplementedException();
}
