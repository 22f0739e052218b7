using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Tributary.Console.Access;
using Tributary.Console.Shared;

namespace Tributary.Console.Settings;

/// <summary>What this server is.</summary>
public sealed partial class AboutPage
{
    private HealthReport? _health;

    [Inject]
    internal ServerBoard Board { get; init; } = null!;

    [Inject]
    public required MemberSightings Sightings { get; init; }

    // Where things lie is for those who run the server.
    private IEnumerable<(string Name, string Value)> Facts
    {
        get
        {
            yield return ("Version", AboutBoard.Version);
            yield return ("Runtime", RuntimeInformation.FrameworkDescription);
            yield return ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}");
            yield return ("Processors", Words.Count(Environment.ProcessorCount));
            yield return ("Memory", $"{BackupPage.Bytes(Environment.WorkingSet)} in use");
            if (!MayChange) yield break;
            yield return ("Process", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            yield return ("Listens at", string.Join(", ", Board.Addresses));
            yield return ("Data folder", Board.Folder);
        }
    }

    private IEnumerable<(string Name, string Value)> Counts
    {
        get
        {
            var now = Workspace.Current;
            yield return ("Name", now.Name?.Name ?? "");
            yield return ("Revision", Words.Count(now.Revision));
            yield return ("Spaces", Words.Count(now.Spaces.Length));
            yield return ("Sources", Words.Count(now.Sources.Length));
            yield return ("Destinations", Words.Count(now.Destinations.Length));
            yield return ("Functions", Words.Count(now.Functions.Length));
            yield return ("Audiences", Words.Count(now.Computations.Count(each => each.IsAudience && !each.Deleted)));
            yield return ("Computed and SQL traits", Words.Count(now.Computations.Count(each => !each.IsAudience && !each.Deleted) + now.SqlTraits.Length));
            yield return ("Members", Words.Count(now.Members.Length));
            yield return ("Tokens", Words.Count(now.Tokens.Length));
        }
    }

    private string Summary => string.Join('\n', Facts.Concat(Counts).Select(fact => $"{fact.Name}: {fact.Value}"));

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        FollowWorkspace();
        _health = await Board.CheckAsync(CancellationToken.None);
    }

    private static string StyleOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "success",
        HealthStatus.Degraded => "warning",
        HealthStatus.Unhealthy => "error",
    };

    private static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "Healthy",
        HealthStatus.Degraded => "Degraded",
        HealthStatus.Unhealthy => "Unhealthy",
    };
}
