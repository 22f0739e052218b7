using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Tributary.Engine;

/// <summary>States what must be true. A broken invariant is our bug, never the sender's, so it stops the work at hand.</summary>
internal static class Invariant
{
    public static void Holds([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition) Fail(text);
    }

    [DoesNotReturn]
    private static void Fail(string? text) => throw new InvariantException($"This must hold and does not: {text}");
}

/// <summary>A broken invariant.</summary>
internal sealed class InvariantException(string message) : Exception(message);
