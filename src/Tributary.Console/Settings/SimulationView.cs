using System.Text.Json.Nodes;

namespace Tributary.Console.Settings;

/// <summary>What a simulation of identity rules answers, as the page shows it.</summary>
/// <param name="Before">Profiles that there are.</param>
/// <param name="After">Profiles that there would be.</param>
/// <param name="Joined">Profiles that would hold what several hold now.</param>
/// <param name="Parted">Profiles that would fall apart.</param>
/// <param name="Largest">The largest that there would be: the id and how many identifiers it would have.</param>
public sealed record SimulationView(long Before, long After, SimulatedChanges Joined, SimulatedChanges Parted, IReadOnlyList<(string Profile, long Identifiers)> Largest)
{
    private const int LargestShown = 5;

    /// <summary>Nobody would be somebody else.</summary>
    public bool IsSame => Joined.Count == 0 && Parted.Count == 0;

    /// <summary>Reads the answer, as a client of the API does: numbers that were written are of whatever size.</summary>
    public static SimulationView Of(JsonObject answer) => Read(JsonNode.Parse(answer.ToJsonString())!);

    private static SimulationView Read(JsonNode answer) => new(
        (long)answer["before"]!["profiles"]!,
        (long)answer["after"]!["profiles"]!,
        SimulatedChanges.Of(answer["mergesThatWouldAppear"]!),
        SimulatedChanges.Of(answer["mergesThatWouldVanish"]!),
        [.. answer["after"]!["largest"]!.AsArray().Take(LargestShown).Select(each => ((string)each!["profile"]!, (long)each["identifierCount"]!))]);
}

/// <summary>Profiles that would be others.</summary>
/// <param name="Count">How many.</param>
/// <param name="Examples">The first of them.</param>
public sealed record SimulatedChanges(long Count, IReadOnlyList<SimulatedChange> Examples)
{
    private const int ExamplesShown = 10;

    public static SimulatedChanges Of(JsonNode changes) => new(
        (long)changes["count"]!,
        [.. changes["examples"]!.AsArray().Take(ExamplesShown).Select(each => new SimulatedChange(
            (string)each!["profile"]!,
            [.. each["identifiers"]!.AsArray().Select(name => (string)name!)],
            [.. each["parts"]!.AsArray().Select(id => (string)id!)]))]);
}

/// <summary>One of them.</summary>
/// <param name="Profile">Its id: of the simulation when profiles are joined, of what there is when one is parted.</param>
/// <param name="Identifiers">As <c>type:value</c>; the first of them.</param>
/// <param name="Parts">The ids on the other side.</param>
public sealed record SimulatedChange(string Profile, IReadOnlyList<string> Identifiers, IReadOnlyList<string> Parts);
