using System.Globalization;

namespace Tributary.Server.Demo;

/// <summary>Times on the wire.</summary>
internal static class DemoTime
{
    /// <summary>How far back the shop's history goes.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromDays(42);

    /// <summary>As JavaScript writes a date: UTC with milliseconds.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
