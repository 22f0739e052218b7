namespace Tributary.Console.Events;

/// <summary>Addresses of events.</summary>
internal static class EventPaths
{
    /// <summary>Where everything that happened to an event is shown.</summary>
    public static string Of(string messageId) => $"/events/{Uri.EscapeDataString(messageId)}";
}
