using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tributary.Engine.Profiles;

/// <summary>Registers the reading side of profiles and the orders that change them.</summary>
public static class ProfilesServices
{
    /// <summary>Adds queries, the Profile API and the management of the graph. Needs the logs, the state store and a <c>Func&lt;WorkspaceSnapshot&gt;</c>.</summary>
    public static IServiceCollection AddProfiles(this IServiceCollection services) =>
        services.AddSingleton<ProfileQueries>().AddSingleton<ProfileApi>().AddSingleton<ProfileCommands>().AddSingleton<ProfileDesk>().AddSingleton<ProfileExplainer>().AddSingleton<GraphApi>();

    /// <summary>Maps Segment's Profile API; the caller adds authentication.</summary>
    public static void MapProfileApi(this IEndpointRouteBuilder endpoints) => ProfileApi.Map(endpoints);

    /// <summary>Maps explain, merge and split; the caller adds authentication.</summary>
    public static void MapGraphApi(this IEndpointRouteBuilder endpoints) => GraphApi.Map(endpoints);
}
