using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tributary.Engine.Audiences;

/// <summary>Registers what people and programs see of audiences and computed traits.</summary>
public static class AudiencesServices
{
    /// <summary>Adds the reading side. Needs the state store.</summary>
    public static IServiceCollection AddAudiences(this IServiceCollection services) => services.AddSingleton<ComputationQueries>().AddSingleton<ComputationDesk>().AddSingleton<ConnectionDesk>();

    /// <summary>Maps audiences, computed traits, their connections and the tool that reads queries; the caller adds authentication.</summary>
    public static void MapAudiencesApi(this IEndpointRouteBuilder endpoints)
    {
        ComputationsApi.Map(endpoints);
        ConnectionsApi.Map(endpoints);
        ReadyDefinitions.Map(endpoints);
        endpoints.MapQueryToolsApi();
    }
}
